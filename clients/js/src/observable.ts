/** Values that change and tell of it: `subscribe` and `getSnapshot`, as front-end frameworks expect them. */

export interface Observable<T> {
  /** Call `listener` after each change; returns what ends that. */
  subscribe(listener: () => void): () => void;
  /** The present value; the same object until it changes. */
  getSnapshot(): T;
}

let depth = 0;
const waiting = new Set<Source<unknown>>();

/** Do something whose changes are told once, at its end. */
export function batch<T>(work: () => T): T {
  depth += 1;
  try {
    return work();
  } finally {
    depth -= 1;
    if (depth === 0) flush();
  }
}

function flush(): void {
  const changed = [...waiting];
  waiting.clear();
  for (const source of changed) source.tell();
}

/** An observable whose value is made by `make` when somebody looks, and then kept until `changed()`. */
export class Source<T> implements Observable<T> {
  readonly #make: () => T;
  readonly #listeners = new Set<() => void>();
  #kept: { value: T } | undefined;

  constructor(make: () => T) {
    this.#make = make;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): T => {
    this.#kept ??= { value: this.#make() };
    return this.#kept.value;
  };

  changed(): void {
    this.#kept = undefined;
    waiting.add(this as Source<unknown>);
    if (depth === 0) flush();
  }

  /** Of use to `batch` alone. */
  tell(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (reason) {
        reported(reason);
      }
    }
  }
}

/** A bug of whoever listens is theirs: it comes up where uncaught errors do, and holds up nothing here. */
function reported(reason: unknown): void {
  if (typeof reportError === "function") reportError(reason);
  else
    queueMicrotask(() => {
      throw reason;
    });
}

/** An observable that holds a value. */
export class Cell<T> extends Source<T> {
  #value: T;

  constructor(value: T) {
    super(() => this.#value);
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.changed();
  }
}

/** Resolves with the first value that `holds`, the present one included. */
export function until<T>(observable: Observable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const look = () => {
      const value = observable.getSnapshot();
      if (!holds(value)) return false;
      stop();
      resolve(value);
      return true;
    };
    let stop = () => {};
    if (!look()) stop = observable.subscribe(look);
  });
}
