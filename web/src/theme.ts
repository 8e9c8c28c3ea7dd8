/** Theme: light, dark, or as the system has it; kept in this browser. */

import { value } from "./state";

export type Theme = "system" | "light" | "dark";

const KEY = "parley.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const kept = keep((storage) => storage.getItem(KEY));

export const theme = value<Theme>(kept === "light" || kept === "dark" ? kept : "system");

export function setTheme(next: Theme): void {
  theme.set(next);
  keep((storage) => (next === "system" ? storage.removeItem(KEY) : storage.setItem(KEY, next)));
  show();
}

/** A browser that keeps nothing for sites refuses even to be asked. */
function keep<T>(work: (storage: Storage) => T): T | null {
  try {
    return work(localStorage);
  } catch {
    return null;
  }
}

function show(): void {
  const chosen = theme.getSnapshot();
  const shown = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
  document.documentElement.dataset.theme = shown;
}

dark.addEventListener("change", show);
show();
