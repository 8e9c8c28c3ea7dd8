/** Router: which place of the client the address names: all below `/chat/`, but for what mails link to. */

import type { Observable } from "parley-client";
import { useSnapshot } from "./hooks";

export type Place =
  | { view: "home" }
  | { view: "conversation"; id: string; seq?: number }
  | { view: "new" | "settings" | "contacts" }
  | { view: "reset-password" | "verify-email" };

const listeners = new Set<() => void>();
let place = read();

const places: Observable<Place> = {
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  getSnapshot: () => place,
};

window.addEventListener("popstate", update);

export function usePlace(): Place {
  return useSnapshot(places);
}

export function go(to: Place, { replace = false } = {}): void {
  const path = pathOf(to);
  if (path !== location.pathname + location.hash) {
    if (replace) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
  }
  update();
}

export function pathOf(to: Place): string {
  if (to.view === "home") return "/chat";
  if (to.view === "reset-password" || to.view === "verify-email") return `/${to.view}`;
  if (to.view !== "conversation") return `/chat/${to.view}`;
  return `/chat/${encodeURIComponent(to.id)}${to.seq === undefined ? "" : `#${to.seq}`}`;
}

/** For links: what a plain click does; with a key held the browser opens a tab as usual. */
export function follow(to: Place) {
  return (event: MouseEvent) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0)
      return;
    event.preventDefault();
    go(to);
  };
}

function read(): Place {
  const [, first, name = ""] = location.pathname.split("/");
  if (first === "reset-password" || first === "verify-email") return { view: first };
  if (name === "new" || name === "settings" || name === "contacts") return { view: name };
  if (name === "") return { view: "home" };
  const seq = Number(location.hash.slice(1));
  const id = decoded(name);
  if (id === null) return { view: "home" };
  return seq > 0 ? { view: "conversation", id, seq } : { view: "conversation", id };
}

/** Null where an address was cut off, or made up. */
function decoded(name: string): string | null {
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}

function update(): void {
  place = read();
  for (const listener of [...listeners]) listener();
}
