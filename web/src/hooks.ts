/** Hooks: what views need of the world, as Preact likes it. */

import type { Observable, User } from "parley-client";
import { useEffect, useState } from "preact/hooks";
import { client } from "./client";

/** The present value of an observable; the view is drawn anew when it changes. */
export function useSnapshot<T>(observable: Observable<T>): T {
  const [, redraw] = useState({});
  useEffect(() => {
    redraw({}); // it may have changed since this was drawn
    return observable.subscribe(() => redraw({}));
  }, [observable]);
  return observable.getSnapshot();
}

/** Somebody, once they are known. */
export function useUser(user_id: string | undefined): User | undefined {
  const people = useSnapshot(client.people.changes);
  return user_id === undefined ? undefined : (people.get(user_id) ?? client.people.get(user_id));
}

/** Be told of the presence of these people while they are shown. */
export function useWatch(user_ids: readonly string[]): void {
  const key = [...user_ids].sort().join(" ");
  useEffect(() => client.people.watch(key === "" ? [] : key.split(" ")), [key]);
}

/** The time, anew every so many seconds. */
export function useNow(seconds: number): Date {
  const [now, set] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => set(new Date()), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return now;
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [holds, set] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = () => set(media.matches);
    look();
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, [query]);
  return holds;
}
