/** Contacts: one's list of people, the same on all one's devices, and who asks to be on it. */

import { Cell } from "./observable.js";
import type { Session } from "./session.js";
import type { Contact, ContactChanges, ContactStatus, Page, User, Whom } from "./wire.js";

const PAGE = 200;
const LISTS: readonly ContactStatus[] = ["accepted", "incoming", "outgoing"];

export class Contacts {
  /** By user_id, those who ask or were asked included: `status` tells. Null until they were read. */
  readonly all = new Cell<ReadonlyMap<string, Contact> | null>(null);
  readonly #session: Session;
  readonly #learn: (people: User[]) => void;
  /** What was heard since the last reading began, whose pages may be older. */
  #heard: Map<string, Contact | null> | null = null;

  constructor(session: Session, learn: (people: User[]) => void) {
    this.#session = session;
    this.#learn = learn;
  }

  /** Read all of them. Of several readings the one that began last counts. */
  async read(): Promise<void> {
    const heard = new Map<string, Contact | null>();
    this.#heard = heard;
    const found = new Map<string, Contact>();
    for (const status of LISTS) for (const one of await this.#list(status)) found.set(one.user_id, one);
    if (this.#heard !== heard) return;
    this.#heard = null;
    for (const [user_id, contact] of heard) {
      if (contact) found.set(user_id, contact);
      else found.delete(user_id);
    }
    this.#learn([...found.values()].map(({ user }) => user));
    this.all.set(found);
  }

  /** Put somebody on one's list, or ask them, as the server has it. Whoever asked oneself is thereby accepted. */
  async add(whom: Whom): Promise<Contact> {
    return this.#put(await this.#session.request<Contact>("POST", "/v1/contacts", { body: whom }));
  }

  /** Keep a name, notes or data of one's own with somebody, which nobody else sees; null takes them away. */
  async change(user_id: string, changes: ContactChanges): Promise<Contact> {
    const path = `/v1/contacts/${user_id}`;
    return this.#put(await this.#session.request<Contact>("PATCH", path, { body: changes }));
  }

  /** Take somebody off one's list, or take a request back. */
  async remove(user_id: string): Promise<void> {
    await this.#session.request("DELETE", `/v1/contacts/${user_id}`);
    this.removed(user_id);
  }

  /** Say yes to somebody who asked. */
  async accept(user_id: string): Promise<Contact> {
    return this.#put(
      await this.#session.request<Contact>("POST", `/v1/contacts/${user_id}/accept`, { body: {} }),
    );
  }

  /** Say no to somebody who asked. */
  async decline(user_id: string): Promise<void> {
    await this.#session.request("POST", `/v1/contacts/${user_id}/decline`, { body: {} });
    this.removed(user_id);
  }

  /** It changed, here or on another device, or by what the other one did. */
  heard(contact: Contact): void {
    this.#put(contact);
  }

  /** Somebody is not on the list any more, nor asked, nor asking. */
  removed(user_id: string): void {
    this.#heard?.set(user_id, null);
    if (!this.all.value?.has(user_id)) return;
    const others = new Map(this.all.value);
    others.delete(user_id);
    this.all.set(others);
  }

  clear(): void {
    this.#heard = null;
    this.all.set(null);
  }

  #put(contact: Contact): Contact {
    this.#learn([contact.user]);
    this.#heard?.set(contact.user_id, contact);
    if (this.all.value) this.all.set(new Map(this.all.value).set(contact.user_id, contact));
    return contact;
  }

  async #list(status: ContactStatus): Promise<Contact[]> {
    const found: Contact[] = [];
    let cursor: string | undefined;
    do {
      const query = { status, limit: PAGE, cursor };
      const page = await this.#session.request<Page<Contact>>("GET", "/v1/contacts", { query });
      found.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  }
}
