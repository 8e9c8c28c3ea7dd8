/** Happenings in words: who came, who went, what a conversation is called now. */

import type { Happening, Kind, Role } from "parley-client";

/** What somebody is called, or "You". */
export type Name = (user_id: string) => string;

const YOU = "You";
const MOST_NAMES = 3;
const ROLES: Record<Role, string> = {
  owner: "the owner",
  admin: "an admin",
  member: "a member",
  guest: "a guest",
};

/** Whether there is anything to say of it; what only programs read, and an unpinning, is passed over. */
export function isTold(happening: Happening, kind: Kind): boolean {
  if (happening.type === "message.unpinned") return false;
  if (happening.type === "conversation.created") return kind !== "direct";
  if (happening.type !== "conversation.changed") return true;
  const { name, topic, avatar } = happening.changes;
  return name !== undefined || topic !== undefined || avatar !== undefined;
}

/** Whether one sentence can tell of both: people who came by themselves, went, or were added by the same person. */
export function together(one: Happening, other: Happening): boolean {
  if (one.type === "member.joined" && other.type === "member.joined")
    return one.role === other.role && (one.actor_id === other.actor_id || (isSelf(one) && isSelf(other)));
  if (one.type === "member.left" && other.type === "member.left")
    return [one, other].every(({ reason, owner_id }) => reason === "left" && owner_id === undefined);
  return false;
}

/** A sentence about these, of which each two are `together`. */
export function told(happenings: readonly [Happening, ...Happening[]], kind: Kind, name: Name): string {
  const [first] = happenings;
  const who = name(first.actor_id);
  switch (first.type) {
    case "member.joined": {
      const people = subjects(happenings, name);
      if (isSelf(first)) return `${begin(people)} joined`;
      return `${who} added ${people}${first.role === "member" ? "" : ` as ${ROLES[first.role]}`}`;
    }
    case "member.left":
      return left(first, subjects(happenings, name), name);
    case "member.changed":
      return changedMember(first, who, object(name(first.user_id)));
    case "conversation.created": {
      const others = first.members.map(({ user_id }) => user_id).filter((one) => one !== first.actor_id);
      const people = others.length > 0 ? ` with ${listed(others.map((one) => object(name(one))))}` : "";
      return `${who} created the ${kind}${people}`;
    }
    case "conversation.changed":
      return `${who} ${listed(changes(first, kind))}`;
    case "conversation.deleted":
      return `${who} deleted the ${kind}`;
    case "message.pinned":
      return `${who} pinned a message`;
    default:
      return "";
  }
}

function isSelf(happening: Extract<Happening, { user_id: string }>): boolean {
  return happening.actor_id === happening.user_id;
}

function left(
  { actor_id, reason, owner_id }: Extract<Happening, { type: "member.left" }>,
  people: string,
  name: Name,
): string {
  const heir = owner_id === undefined ? "" : ` ${name(owner_id)} ${is(name(owner_id))} the owner now.`;
  const end = heir === "" ? "" : ".";
  if (reason === "left") return `${begin(people)} left${end}${heir}`;
  if (reason === "erased") return `Somebody\u2019s account was deleted${end}${heir}`;
  return `${name(actor_id)} ${reason === "banned" ? "removed and banned" : "removed"} ${people}${end}${heir}`;
}

function changedMember(
  { role, banned }: Extract<Happening, { type: "member.changed" }>,
  who: string,
  whom: string,
): string {
  if (role === undefined) return banned ? `${who} banned ${whom}` : `${who} lifted the ban on ${whom}`;
  return role === "owner" ? `${who} passed ownership on to ${whom}` : `${who} made ${whom} ${ROLES[role]}`;
}

function changes({ changes }: Extract<Happening, { type: "conversation.changed" }>, kind: Kind): string[] {
  const { name, topic, avatar } = changes;
  const said = [];
  if (name !== undefined) said.push(`renamed the ${kind} to \u201c${name ?? ""}\u201d`);
  if (topic) said.push(`set the topic to \u201c${topic}\u201d`);
  else if (topic === null) said.push("took the topic away");
  if (avatar !== undefined) said.push("changed the picture");
  return said;
}

function subjects(happenings: readonly Happening[], name: Name): string {
  const ids = happenings.flatMap((one) => ("user_id" in one ? [one.user_id] : []));
  return listed(ids.map((id) => object(name(id))));
}

/** Names as they are said: all of a few, else the first and how many more. */
function listed(names: readonly string[]): string {
  if (names.length === 1) return names[0]!;
  const shown = names.length > MOST_NAMES + 1 ? names.slice(0, MOST_NAMES) : names.slice(0, -1);
  const rest = names.length - shown.length;
  return `${shown.join(", ")} and ${rest === 1 ? names.at(-1) : `${rest} others`}`;
}

function object(name: string): string {
  return name === YOU ? "you" : name;
}

function begin(sentence: string): string {
  return sentence.replace(/^you\b/, YOU);
}

function is(name: string): string {
  return name === YOU ? "are" : "is";
}
