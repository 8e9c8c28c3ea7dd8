/** State of this page alone: a value that views follow. */

import type { Observable } from "parley-client";

export interface Value<T> extends Observable<T> {
  set(value: T): void;
}

export function value<T>(first: T): Value<T> {
  let now = first;
  const listeners = new Set<() => void>();
  return {
    getSnapshot: () => now,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      if (Object.is(now, next)) return;
      now = next;
      for (const listener of [...listeners]) listener();
    },
  };
}
