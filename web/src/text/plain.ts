/** What a message says, in one line and without the signs of Markdown: for lists, quotes and announcements. */

export function plainText(body: string, most = 200): string {
  return body
    .slice(0, most * 4)
    .replace(/^```.*$/gmu, " ")
    .replace(/^\s{0,3}(?:#{1,6}|>|[-*+]|\d+[.)])\s+/gmu, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/gu, "$1")
    .replace(/\*\*|__|~~|`/gu, "")
    .replace(/(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)/gu, "")
    .replace(/\s+/gu, " ")
    .trim()
    .slice(0, most);
}
