/** Avatars: initials on a colour that stays somebody's own. */

import type { Presence } from "parley-client";

interface Props {
  name: string;
  /** What the colour follows. */
  id: string;
  size?: "tiny" | "small" | "large";
  square?: boolean;
  presence?: Presence | undefined;
}

export function Avatar({ name, id, size, square, presence }: Props) {
  const status = presence?.status;
  const shown = status !== undefined && status !== "offline";
  return (
    <span
      class={`avatar ${size ?? ""} ${square ? "square" : ""}`}
      style={{ "--hue": hue(id) }}
      data-initials={initials(name)}
      aria-hidden="true"
    >
      {shown && <span class={`dot ${status}`} />}
    </span>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.slice(0, 2).map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter)));
  return letters.join("").toLocaleUpperCase() || "#";
}

function hue(id: string): string {
  let sum = 7;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)!) % 360;
  return String(sum);
}
