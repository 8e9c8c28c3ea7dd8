/** About a conversation: who is in, and what can be done with it. */

import type { ConversationSnapshot, Member, Role } from "parley-client";
import { useEffect, useState } from "preact/hooks";
import { client } from "../client";
import { useNow, useSnapshot, useUser, useWatch } from "../hooks";
import { nameOf, otherOf, useTitle } from "../names";
import { Avatar } from "../parts/avatar";
import { Beside } from "../parts/beside";
import { Confirm, Dialog, Menu, type MenuItem } from "../parts/dialog";
import { Field, Form } from "../parts/form";
import { Icon } from "../parts/icon";
import { attempt } from "../parts/notices";
import { go } from "../router";
import { lastSeen } from "../text/times";
import { useBlocks } from "./blocks";
import { ContactAction } from "./contacts";
import { PeoplePicker } from "./new_chat";

const RANK: Record<Role, number> = { owner: 3, admin: 2, member: 1, guest: 0 };
const ROLES: Record<Role, string> = { owner: "Owner", admin: "Admin", member: "", guest: "Guest" };

interface Props {
  snapshot: ConversationSnapshot;
  close: () => void;
}

export function Details({ snapshot, close }: Props) {
  const summary = snapshot.summary!;
  return (
    <Beside title="About" label="About this conversation" close={close}>
      {summary.kind === "direct" ? <Person user_id={otherOf(summary)} /> : <Card snapshot={snapshot} />}
      <Keeping snapshot={snapshot} />
      {summary.kind !== "direct" && <Members snapshot={snapshot} />}
    </Beside>
  );
}

function Person({ user_id }: { user_id: string | undefined }) {
  const user = useUser(user_id);
  const presence = useSnapshot(client.people.presence);
  const now = useNow(60);
  useEffect(() => {
    if (user_id) client.people.refresh(user_id);
  }, [user_id]);
  if (!user) return <p class="quiet">Loading…</p>;
  const appears = presence.get(user.user_id);
  return (
    <div class="card">
      <Avatar name={nameOf(user)} id={user.user_id} size="large" presence={appears} />
      <h3>{nameOf(user)}</h3>
      {user.username && <p>@{user.username}</p>}
      {appears && user.user_id !== client.me?.user_id && (
        <p>{appears.status === "offline" ? lastSeen(appears.last_seen_at, now) : "Here now"}</p>
      )}
      {user.bio && <p>{user.bio}</p>}
    </div>
  );
}

function Card({ snapshot }: { snapshot: ConversationSnapshot }) {
  const summary = snapshot.summary!;
  const title = useTitle(summary);
  const [editing, setEditing] = useState(false);
  return (
    <div class="card">
      <Avatar name={title} id={snapshot.id} size="large" square />
      <h3>{title}</h3>
      {summary.topic && <p>{summary.topic}</p>}
      {RANK[summary.role] >= RANK.admin && (
        <button type="button" class="button small" onClick={() => setEditing(true)}>
          Change name or topic
        </button>
      )}
      {editing && <Rename snapshot={snapshot} close={() => setEditing(false)} />}
    </div>
  );
}

function Rename({ snapshot, close }: { snapshot: ConversationSnapshot; close: () => void }) {
  const summary = snapshot.summary!;
  return (
    <Dialog title="Name and topic" close={close}>
      <Form
        action="Save"
        submit={async (text) => {
          await client.api.change(snapshot.id, { name: text("name"), topic: text("topic") || null });
          close();
        }}
      >
        <Field name="name" label="Name" required maxLength={100} defaultValue={summary.name ?? ""} />
        <Field name="topic" label="Topic" maxLength={250} defaultValue={summary.topic ?? ""} />
      </Form>
    </Dialog>
  );
}

/** How one keeps it, and ways out. */
function Keeping({ snapshot }: { snapshot: ConversationSnapshot }) {
  const { id } = snapshot;
  const summary = snapshot.summary!;
  const [asking, setAsking] = useState<"leave" | "delete" | null>(null);
  const prefer = (preference: { muted?: boolean; archived?: boolean }) =>
    attempt("That was not kept.", () => client.setPreference(id, preference));
  const group = summary.kind !== "direct";
  const other = group ? undefined : otherOf(summary);
  const gone = async (what: string, work: () => Promise<unknown>) => {
    if (await attempt(what, work)) go({ view: "home" });
  };
  return (
    <div class="actions">
      <button
        type="button"
        aria-pressed={summary.muted ?? false}
        onClick={() => prefer({ muted: !summary.muted })}
      >
        <Icon name={summary.muted ? "bell" : "bell-off"} />
        {summary.muted ? "Unmute" : "Mute"}
      </button>
      <button
        type="button"
        aria-pressed={summary.archived ?? false}
        onClick={() => prefer({ archived: !summary.archived })}
      >
        <Icon name="archive" />
        {summary.archived ? "Take out of the archive" : "Archive"}
      </button>
      {!group && other !== undefined && <ContactAction user_id={other} />}
      {!group && <BlockAction user_id={other} />}
      {group && (
        <button type="button" class="danger" onClick={() => setAsking("leave")}>
          <Icon name="door" />
          {summary.kind === "room" ? "Leave the room" : "Leave the group"}
        </button>
      )}
      {group && summary.role === "owner" && (
        <button type="button" class="danger" onClick={() => setAsking("delete")}>
          <Icon name="trash" />
          Delete for everyone
        </button>
      )}
      {asking === "leave" && (
        <Confirm
          title={`Leave ${summary.name ?? "this conversation"}?`}
          text="You will no longer read what is said in it."
          action="Leave"
          close={() => setAsking(null)}
          act={() => gone("You are still in it.", () => client.leave(id))}
        />
      )}
      {asking === "delete" && (
        <Confirm
          title={`Delete ${summary.name ?? "this conversation"}?`}
          text="It ends for everyone, with everything that was said in it. That can't be taken back."
          action="Delete"
          close={() => setAsking(null)}
          act={() => gone("It was not deleted.", () => client.api.deleteConversation(id))}
        />
      )}
    </div>
  );
}

function BlockAction({ user_id }: { user_id: string | undefined }) {
  const { blocked, block, unblock } = useBlocks();
  if (user_id === undefined || user_id === client.me?.user_id || blocked === null) return null;
  const is = blocked.has(user_id);
  return (
    <button type="button" class={is ? "" : "danger"} onClick={() => (is ? unblock(user_id) : block(user_id))}>
      <Icon name="block" />
      {is ? "Unblock" : "Block"}
    </button>
  );
}

const FIRST = 50;

function Members({ snapshot }: { snapshot: ConversationSnapshot }) {
  const people = useSnapshot(client.people.changes);
  const [adding, setAdding] = useState(false);
  const [most, setMost] = useState(FIRST);
  const { members, id } = snapshot;
  const summary = snapshot.summary!;
  useEffect(() => {
    if (members === null) void client.conversation(id).loadMembers();
  }, [members === null, id]);
  const presence = useSnapshot(client.people.presence);
  const name = ({ user_id }: Member) => nameOf(people.get(user_id) ?? client.people.get(user_id));
  const sorted = [...(members?.values() ?? [])].sort(
    (one, other) => RANK[other.role] - RANK[one.role] || one.joined_seq - other.joined_seq,
  );
  useWatch(sorted.slice(0, most).map(({ user_id }) => user_id));
  return (
    <section>
      <div class="row">
        <h3 class="grow">{`Members (${summary.member_count})`}</h3>
        {RANK[summary.role] >= RANK.member && (
          <button type="button" class="button small" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            Add people
          </button>
        )}
      </div>
      {members === null && <p class="quiet">Loading…</p>}
      <ul>
        {sorted.slice(0, most).map((member) => (
          <li key={member.user_id} class="member">
            <Avatar
              name={name(member)}
              id={member.user_id}
              size="small"
              presence={presence.get(member.user_id)}
            />
            <span class="grow clip">
              {name(member)}
              {member.user_id === client.me?.user_id && " (you)"}
            </span>
            <span class="role">{ROLES[member.role]}</span>
            <MemberMenu id={id} member={member} mine={summary.role} name={name(member)} />
          </li>
        ))}
      </ul>
      {sorted.length > most && (
        <button type="button" class="text-button" onClick={() => setMost(most + FIRST)}>
          Show more
        </button>
      )}
      {RANK[summary.role] >= RANK.admin && <Bans id={id} />}
      {adding && <AddPeople id={id} members={members} close={() => setAdding(false)} />}
    </section>
  );
}

function MemberMenu({ id, member, mine, name }: { id: string; member: Member; mine: Role; name: string }) {
  const { user_id, role } = member;
  const me = user_id === client.me?.user_id;
  const change = (to: Role, label: string): MenuItem | false =>
    to !== role && {
      label,
      icon: "user",
      act: () => attempt(`${name} keeps their role.`, () => client.api.changeRole(id, user_id, to)),
    };
  const owner = mine === "owner";
  const above = RANK[mine] >= RANK.admin && RANK[mine] > RANK[role];
  if (me) return null;
  const items = [
    {
      label: "Write to them",
      icon: "reply" as const,
      act: () =>
        attempt(`The conversation with ${name} could not be opened.`, async () => {
          go({ view: "conversation", id: (await client.openDirect(user_id)).id });
        }),
    },
    above && owner && change("admin", "Make admin"),
    above && change("member", role === "guest" ? "Let them write" : "Make member"),
    above && change("guest", "Make guest (reads only)"),
    owner && change("owner", "Pass ownership on"),
    above && null,
    above && {
      label: "Remove",
      icon: "door" as const,
      danger: true,
      act: () => attempt(`${name} is still in.`, () => client.api.removeMember(id, user_id)),
    },
    above && {
      label: "Remove and ban",
      icon: "block" as const,
      danger: true,
      act: () => attempt(`${name} is not banned.`, () => client.api.ban(id, user_id)),
    },
  ];
  return <Menu label={`${name}: what to do`} items={items} small />;
}

/** Who may not come in. */
function Bans({ id }: { id: string }) {
  const people = useSnapshot(client.people.changes);
  const [banned, setBanned] = useState<readonly string[] | null>(null);
  const read = () =>
    attempt("Who is banned is not known right now.", async () => {
      const { items } = await client.api.bans(id);
      setBanned(items.map(({ user_id }) => user_id));
    });
  const lift = async (user_id: string) => {
    if (await attempt("They are still banned.", () => client.api.liftBan(id, user_id))) await read();
  };
  if (banned === null) {
    return (
      <button type="button" class="text-button" onClick={read}>
        Show who is banned
      </button>
    );
  }
  return (
    <>
      <h3>Banned</h3>
      {banned.length === 0 && <p class="hint">Nobody is banned.</p>}
      <ul>
        {banned.map((user_id) => (
          <li key={user_id} class="member">
            <span class="grow clip">{nameOf(people.get(user_id) ?? client.people.get(user_id))}</span>
            <button type="button" class="button small" onClick={() => lift(user_id)}>
              Lift
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function AddPeople({
  id,
  members,
  close,
}: {
  id: string;
  members: ReadonlyMap<string, Member> | null;
  close: () => void;
}) {
  const people = useSnapshot(client.people.changes);
  const present = [...(members?.keys() ?? [])].flatMap((one) => people.get(one) ?? []);
  return (
    <Dialog title="Add people" close={close}>
      <p class="hint">Whoever is added reads everything from the beginning on.</p>
      <PeoplePicker
        chosen={present}
        choose={(user) => attempt(`${nameOf(user)} was not added.`, () => client.addMember(id, user.user_id))}
      />
    </Dialog>
  );
}
