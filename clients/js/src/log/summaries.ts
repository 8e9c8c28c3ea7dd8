/** Summaries: what a conversation is called and who may do what, by its entries. */

import type { ConversationCreated, Entry, Member, MembershipEntry, Role, Summary } from "../wire.js";

/** The summary after one more entry, as `me` sees it; the same where it says nothing of that. */
export function summarized(summary: Summary, entry: Entry, me: string): Summary {
  const { seq, at, messages } = entry;
  if (seq <= summary.head) return summary;
  return { ...changed(summary, entry, me), head: seq, at, messages };
}

function changed(summary: Summary, entry: Entry, me: string): Summary {
  switch (entry.type) {
    case "conversation.changed":
      return { ...summary, ...entry.changes };
    case "member.joined":
      return {
        ...summary,
        member_count: summary.member_count + 1,
        role: entry.user_id === me ? entry.role : summary.role,
      };
    case "member.left": {
      const role = entry.owner_id === me ? "owner" : summary.role;
      return { ...summary, member_count: summary.member_count - 1, role };
    }
    case "member.changed":
      return { ...summary, role: roleAfter(summary.role, entry, me) };
    default:
      return summary;
  }
}

/** The role of `user_id` after a change of somebody's. */
function roleAfter(role: Role, entry: MembershipEntry & { type: "member.changed" }, user_id: string): Role {
  if (entry.role === undefined) return role; // of somebody who is not in
  if (entry.user_id === user_id) return entry.role;
  const passedOn = entry.role === "owner" && entry.actor_id === user_id && role === "owner";
  return passedOn ? "admin" : role;
}

/** The members after one more entry about them. Applying one again, in order, changes nothing in the end. */
export function membersAfter(
  members: ReadonlyMap<string, Member>,
  entry: MembershipEntry | ConversationCreated,
): ReadonlyMap<string, Member> {
  const after = new Map(members);
  const give = (user_id: string, role: Role) => {
    const member = after.get(user_id);
    if (member) after.set(user_id, { ...member, role });
  };
  switch (entry.type) {
    case "conversation.created":
      for (const first of entry.members) after.set(first.user_id, { ...first, joined_seq: entry.seq });
      break;
    case "member.joined":
      after.set(entry.user_id, { user_id: entry.user_id, role: entry.role, joined_seq: entry.seq });
      break;
    case "member.left":
      after.delete(entry.user_id);
      if (entry.owner_id) give(entry.owner_id, "owner");
      break;
    case "member.changed":
      for (const { user_id, role } of members.values()) give(user_id, roleAfter(role, entry, user_id));
  }
  return after;
}

export function isMembership(entry: Entry): entry is MembershipEntry {
  return entry.type === "member.joined" || entry.type === "member.left" || entry.type === "member.changed";
}
