/** Typing: who is about to say something, each for as long as the server said. */

import type { Entry, TypingPush } from "./wire.js";

const SAY_AGAIN_MS = 3_500;
/** After this long where the server told nobody, as one had said so a moment before. */
const UNHEARD_MS = 1_500;

export class Typing {
  readonly #changed: (conversation_id: string) => void;
  readonly #say: (conversation_id: string) => Promise<{ for_ms: number }>;
  readonly #timers = new Map<string, Map<string, ReturnType<typeof setTimeout>>>();
  readonly #said = new Map<string, number>();

  constructor(
    say: (conversation_id: string) => Promise<{ for_ms: number }>,
    changed: (conversation_id: string) => void,
  ) {
    this.#say = say;
    this.#changed = changed;
  }

  in(conversation_id: string): string[] {
    return [...(this.#timers.get(conversation_id)?.keys() ?? [])];
  }

  /** Call at every key: the others are told as often as needed. */
  say(conversation_id: string, now = Date.now()): void {
    if (now - (this.#said.get(conversation_id) ?? Number.NEGATIVE_INFINITY) < SAY_AGAIN_MS) return;
    this.#said.set(conversation_id, now);
    this.#say(conversation_id).then(
      ({ for_ms }) => {
        if (for_ms === 0) this.#said.set(conversation_id, now - SAY_AGAIN_MS + UNHEARD_MS);
      },
      () => undefined, // not connected: nobody to tell
    );
  }

  /** One has said it; the next key tells anew. */
  said(conversation_id: string): void {
    this.#said.delete(conversation_id);
  }

  heard({ conversation_id, user_id, for_ms }: TypingPush): void {
    this.#end(conversation_id, user_id);
    const people = this.#timers.get(conversation_id) ?? new Map();
    this.#timers.set(conversation_id, people);
    people.set(
      user_id,
      setTimeout(() => {
        this.#end(conversation_id, user_id);
        this.#changed(conversation_id);
      }, for_ms),
    );
    this.#changed(conversation_id);
  }

  /** A message of theirs ends it. */
  arrived(entry: Entry): void {
    if (entry.type === "message.new") this.#end(entry.conversation_id, entry.actor_id);
  }

  clear(): void {
    for (const people of this.#timers.values()) for (const timer of people.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#said.clear();
  }

  #end(conversation_id: string, user_id: string): void {
    const people = this.#timers.get(conversation_id);
    clearTimeout(people?.get(user_id));
    people?.delete(user_id);
  }
}
