/** Theme: light, dark, or as the system has it; kept in this browser. */

import { value } from "./state";

export type Theme = "system" | "light" | "dark";

const KEY = "parley.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const kept = localStorage.getItem(KEY);

export const theme = value<Theme>(kept === "light" || kept === "dark" ? kept : "system");

export function setTheme(next: Theme): void {
  theme.set(next);
  if (next === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  show();
}

function show(): void {
  const chosen = theme.getSnapshot();
  const shown = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
  document.documentElement.dataset.theme = shown;
}

dark.addEventListener("change", show);
show();
