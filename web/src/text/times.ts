/** Times in words, in the reader's language and zone. */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const DAY_MS = 86_400_000;

export const clockTime = (at: string) => clock.format(new Date(at));
export const exactTime = (at: string) => exact.format(new Date(at));

/** The day of an instant where the reader is, as a number that grows by one a day. */
export function dayOf(at: string | Date): number {
  const time = new Date(at);
  return Math.floor((time.getTime() - time.getTimezoneOffset() * 60_000) / DAY_MS);
}

export function dayName(at: string, now: Date): string {
  const ago = dayOf(now) - dayOf(at);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  if (ago > 1 && ago < 7) return weekday.format(new Date(at));
  return new Date(at).getFullYear() === now.getFullYear()
    ? date.format(new Date(at))
    : longDate.format(new Date(at));
}

/** Short, for lists. */
export function whenShort(at: string, now: Date): string {
  const ago = dayOf(now) - dayOf(at);
  if (ago === 0) return clockTime(at);
  if (ago === 1) return "Yesterday";
  return new Date(at).getFullYear() === now.getFullYear()
    ? shortDate.format(new Date(at))
    : longDate.format(new Date(at));
}

export function lastSeen(at: string | undefined, now: Date): string {
  if (at === undefined) return "Offline";
  const minutes = Math.floor((now.getTime() - new Date(at).getTime()) / 60_000);
  if (minutes < 2) return "Last seen just now";
  if (minutes < 60) return `Last seen ${minutes} minutes ago`;
  const ago = dayOf(now) - dayOf(at);
  if (ago === 0) return `Last seen today at ${clockTime(at)}`;
  if (ago === 1) return `Last seen yesterday at ${clockTime(at)}`;
  return `Last seen ${dayName(at, now)}`;
}
