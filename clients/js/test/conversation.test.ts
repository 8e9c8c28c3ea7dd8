/** A conversation's window, by a server that answers from a model of its log. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../src/conversation.js";
import { unreachable } from "../src/errors.js";
import { History } from "../src/history.js";
import { ConversationLog } from "../src/log/conversation_log.js";
import { Outbox } from "../src/outbox.js";
import type { Method, Query, Session } from "../src/session.js";
import { Typing } from "../src/typing.js";
import { ID, ME, ModelConversation, type Step } from "./model.js";

/** Answers what is asked of one conversation; everything else can't be reached. */
function sessionOf(model: ModelConversation, membersArrive?: () => Promise<void>): Session {
  const request = async (_method: Method, path: string, { query = {} }: { query?: Query } = {}) => {
    if (path === `/v1/conversations/${ID}`) return model.summary();
    if (path === `/v1/conversations/${ID}/members` && membersArrive) {
      const page = { items: [...model.members.values()] };
      await membersArrive();
      return page;
    }
    const { limit, ...place } = query as { before?: number; after?: number; limit: number };
    if (path === `/v1/conversations/${ID}/messages`) return model.page(place, limit);
    if (path !== `/v1/conversations/${ID}/happenings`) throw unreachable();
    return model.happenings(place as { after: number; before: number }, Math.min(limit, 2));
  };
  return { request } as unknown as Session;
}

function shown(model: ModelConversation, membersArrive?: () => Promise<void>) {
  const log = new ConversationLog(model.summary(), ME);
  const session = sessionOf(model, membersArrive);
  const history = new History(session);
  const outbox = new Outbox({
    send: () => Promise.reject(unreachable()),
    ready: () => false,
    changed: () => undefined,
    save: () => undefined,
    remove: () => undefined,
    newId: () => "c",
    now: () => new Date(0),
  });
  const conversation: Conversation = new Conversation(ID, {
    me: () => ME,
    find: () => log,
    history,
    outbox,
    typing: new Typing(
      () => Promise.reject(unreachable()),
      () => undefined,
    ),
    session,
    draft: () => "",
    saveDraft: () => undefined,
    markRead: () => undefined,
    markUnread: () => Promise.resolve(),
    changed: () => conversation.changed(),
  });
  return { log, history, conversation };
}

function talk(most: number): ModelConversation {
  const model = new ModelConversation();
  for (let count = 0; count < most; count += 1) model.take({ do: "say", who: 0, text: "a", mentions: false });
  return model;
}

test("a window whose place is gone after a fresh start is at the end", async () => {
  const model = talk(100);
  const { log, history, conversation } = shown(model);
  await conversation.open();
  await conversation.jumpTo(5);
  assert.equal(
    conversation.getSnapshot().messages.some(({ seq }) => seq === 5),
    true,
  );
  for (let count = 0; count < 100; count += 1) model.take({ do: "say", who: 0, text: "a", mentions: false });
  await history.restart(log);
  conversation.changed();
  const { messages, atEnd } = conversation.getSnapshot();
  assert.deepEqual([messages.at(-1)?.seq, atEnd], [model.head, true]);
});

test("a place beyond the end is the end", async () => {
  const model = talk(10);
  const { conversation } = shown(model);
  await conversation.jumpTo(model.head + 1_000);
  assert.equal(conversation.getSnapshot().messages.at(-1)?.seq, model.head);
});

test("members and marks that can't be read are no trouble with the messages", async () => {
  const { conversation } = shown(talk(3));
  await conversation.open();
  const { messages, members, trouble, loading } = conversation.getSnapshot();
  assert.deepEqual([messages.length, members, trouble, loading], [3, null, null, false]);
});

test("members that are asked for twice at once are those who are in", async () => {
  const model = talk(1);
  const arriving: (() => void)[] = [];
  const { log, conversation } = shown(model, () => new Promise((resolve) => arriving.push(resolve)));
  const told = (step: Step) => {
    model.take(step);
    log.take(model.log.at(-1)!);
  };
  const first = conversation.loadMembers();
  const second = conversation.loadMembers();
  told({ do: "promote", who: 0 });
  while (arriving.length > 0) {
    arriving.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
    told({ do: model.members.has("bob") ? "leave" : "join", who: 1 });
  }
  await Promise.all([first, second]);
  assert.deepEqual(new Map(log.members), model.members);
});

test("what happened between the messages of a window is there, page by page, and what is pushed too", async () => {
  const model = talk(2);
  for (const who of [0, 1]) model.take({ do: "leave", who });
  model.take({ do: "join", who: 0 });
  model.take({ do: "rename", text: "Gardeners" });
  model.take({ do: "say", who: 0, text: "a", mentions: false });
  const { log, conversation } = shown(model);
  await conversation.open();
  const types = () => conversation.getSnapshot().happenings.map(({ type }) => type);
  const read = ["conversation.created", "member.left", "member.joined", "conversation.changed"];
  assert.deepEqual(types(), read);
  model.take({ do: "pin", who: 0, at: 0, text: "" });
  log.take(model.log.at(-1)!);
  conversation.changed();
  assert.deepEqual(types(), [...read, "message.pinned"]);
});

test("of messages without anything in between nothing more is asked", async () => {
  const { log, history } = shown(talk(100));
  await history.load(log);
  assert.equal(log.timeline.happeningsAt(log.cursor).length, 0);
  assert.ok(log.timeline.rangeAt(log.cursor)!.from > 1);
});
