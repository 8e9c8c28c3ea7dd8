// The web client in Chromium, as people use it. One scenario a run:
//
// node browser.mjs URL CHROMIUM SCENARIO ARGUMENT…
//
// Says `ok` at the end. What only the test can do is asked for by a line on standard output, and answered by one.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [address, executablePath, scenario, ...given] = process.argv.slice(2);
const url = address.replace("localhost", "127.0.0.1"); // the Socket.IO client takes localhost to be never offline
const PASSWORD = "a long enough one";
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 120_000);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const stamp = Date.now().toString(36);

const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--disable-background-networking",
  ],
});

/** Ask the test to do something with the server. */
async function ask(what) {
  process.stdout.write(`${what}\n`);
  await answers.next();
}

function check(holds, what) {
  if (!holds) throw new Error(what);
}

/** Somebody in a browser of their own. */
class Somebody {
  static async arrive(name, options = {}) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const somebody = new Somebody(name, context);
    somebody.page = await somebody.tab();
    return somebody;
  }

  constructor(name, context) {
    this.name = name;
    this.username = `${name.toLowerCase()}.${stamp}`;
    this.context = context;
    this.problems = [];
  }

  async tab(path = "/") {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      const refused = /Content Security Policy|Uncaught/.test(message.text());
      if (message.type() === "error" && refused) this.problems.push(message.text());
    });
    page.on("dialog", (dialog) => {
      this.problems.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(url + path);
    return page;
  }

  async signUp() {
    const { page } = this;
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("Username or e-mail").fill(this.username);
    await page.getByLabel("Your name, as others see it").fill(this.name);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("Begin a conversation").waitFor();
  }

  async signIn(password) {
    const { page } = this;
    await page.getByLabel("Username or e-mail").fill(this.username);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  async openWith(other, page = this.page) {
    await page
      .getByRole("searchbox", { name: "Search conversations, people and rooms" })
      .fill(other.username);
    await page.locator(".side-list").getByRole("button", { name: other.name }).click();
    await field(page).waitFor();
  }

  /** Into the conversation that is open, past the client. */
  async sayMuch(count) {
    const id = new URL(this.page.url()).pathname.split("/").at(-1);
    await this.page.evaluate(
      async ([path, last]) => {
        for (let number = 1; number <= last; number += 1) {
          const body = JSON.stringify({ body: `number ${number}` });
          const headers = { "content-type": "application/json" };
          const answer = await fetch(path, { method: "POST", headers, body });
          if (!answer.ok) throw new Error(await answer.text());
        }
      },
      [`/v1/conversations/${id}/messages`, count],
    );
  }

  async begin() {
    await this.page.getByRole("navigation").getByRole("button", { name: "New conversation" }).click();
  }

  async say(text, page = this.page) {
    await field(page).fill(text);
    await field(page).press("Enter");
  }
}

const field = (page) => page.getByRole("textbox", { name: "Write a message" });
const texts = (page) => page.locator(".message .text");
const sees = (page, text) => texts(page).filter({ hasText: text }).last().waitFor({ timeout: PATIENCE_MS });

/** The messages on a page, as they are read. */
async function reads(page, ...expected) {
  const holds = (wanted) =>
    [...document.querySelectorAll(".message .text")].map((text) => text.innerText).join("|") === wanted;
  await page.waitForFunction(holds, expected.join("|"), { timeout: PATIENCE_MS }).catch(async (error) => {
    throw new Error(
      `expected ${expected.join("|")}, there is ${(await texts(page).allInnerTexts()).join("|")}: ${error.message}`,
    );
  });
}

/** What happened, as it stands between the messages of a page. */
async function lines(page, ...expected) {
  const holds = (wanted) =>
    [...document.querySelectorAll(".happening > span")].map((line) => line.innerText).join("|") === wanted;
  await page.waitForFunction(holds, expected.join("|"), { timeout: PATIENCE_MS });
}

const dialogOf = ({ page }) => page.getByRole("dialog");

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Nothing on a page is without a label, hard to read, or wrong for a screen reader, as far as a machine can tell. */
async function accessible(page, where) {
  await page.evaluate(axe);
  // Colours that are still changing are those of no theme.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  check(violations.length === 0, `${where}: ${said.join("; ")}`);
}

async function toolbar(page, text, button) {
  const message = page.locator(".message", { hasText: text }).last();
  await message.hover();
  await message.getByRole("button", { name: button, exact: true }).click();
  return message;
}

const scenarios = {
  async from_signing_up_to_reading_each_others_edits() {
    const ada = await Somebody.arrive("Ada");
    const bob = await Somebody.arrive("Bob");
    await ada.signUp();
    await bob.signUp();
    await ada.openWith(bob);
    await ada.say("Hello **Bob**");
    await bob.page.locator(".side-list .item", { hasText: "Ada" }).click();
    await reads(bob.page, "Hello Bob");
    check((await bob.page.locator(".text strong").innerText()) === "Bob", "Markdown is not drawn");
    await ada.page.locator(".state.read").waitFor();

    // Ada's second tab has the same, and what she says in one is in the other.
    const second = await ada.tab(new URL(ada.page.url()).pathname);
    await reads(second, "Hello Bob");
    await bob.say("Hello Ada");
    await reads(second, "Hello Bob", "Hello Ada");
    await ada.say("From the second tab", second);
    await reads(ada.page, "Hello Bob", "Hello Ada", "From the second tab");

    // Edits, answers, reactions, deletions; the first of them while the server is away.
    await ask("kill");
    await ada.page.getByText("Not connected.").waitFor();
    await toolbar(ada.page, "Hello Bob", "More");
    await ada.page.getByRole("menuitem", { name: "Edit" }).click();
    await field(ada.page).fill("Hello Bob, edited");
    await field(ada.page).press("Enter");
    await reads(ada.page, "Hello Bob, edited", "Hello Ada", "From the second tab");
    await ask("start");
    await reads(bob.page, "Hello Bob, edited", "Hello Ada", "From the second tab");
    await toolbar(bob.page, "From the second tab", "React");
    await bob.page.getByRole("menuitem", { name: "React with 🎉" }).click();
    await second.locator(".reaction", { hasText: "🎉" }).waitFor();
    await toolbar(bob.page, "Hello Bob, edited", "Reply");
    await bob.say("An answer");
    await ada.page.locator(".quote", { hasText: "Hello Bob, edited" }).waitFor();
    await toolbar(bob.page, "Hello Ada", "More");
    await bob.page.getByRole("menuitem", { name: "Delete" }).click();
    await bob.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    const end = ["Hello Bob, edited", "This message was deleted.", "From the second tab", "An answer"];
    for (const page of [ada.page, second, bob.page]) await reads(page, ...end);

    // Typing is told, and the last reading too.
    const typing = ada.page.getByText("Bob is typing…").first();
    while (!(await typing.isVisible())) {
      await field(bob.page).press("a");
      await bob.page.waitForTimeout(200); // as people do
    }
    return [ada, bob];
  },

  async what_is_written_while_the_server_is_away_arrives_once_and_in_order() {
    const ada = await Somebody.arrive("Ada");
    const bob = await Somebody.arrive("Bob");
    await ada.signUp();
    await bob.signUp();
    await ada.openWith(bob);
    await ada.say("one");
    await bob.page.locator(".side-list .item", { hasText: "Ada" }).click();
    await reads(bob.page, "one");
    await ask("kill");
    await ada.page.getByText("Not connected.").waitFor();
    await ada.say("two");
    await ada.say("three");
    await ada.page.getByText("Sending…").first().waitFor();
    await ada.page.locator(".side-list .item .preview", { hasText: "You: three" }).waitFor();
    await ask("start");
    await reads(bob.page, "one", "two", "three");
    await reads(ada.page, "one", "two", "three");
    await ada.page.getByText("Sending…").first().waitFor({ state: "detached" });

    // Offline, a reload with nobody to answer, and back.
    await ada.context.setOffline(true);
    await ada.page.getByText("Not connected.").waitFor();
    await ada.say("four");
    await bob.say("five");
    await sees(bob.page, "five");
    await ada.context.setOffline(false);
    await reads(bob.page, "one", "two", "three", "five", "four");
    await reads(ada.page, "one", "two", "three", "five", "four");
    return [ada, bob];
  },

  async what_was_written_outlives_a_reload_while_the_server_is_away() {
    const ada = await Somebody.arrive("Ada");
    await ada.signUp();
    const bob = await Somebody.arrive("Bob");
    await bob.signUp();
    await ada.openWith(bob);
    await ada.say("one");
    await reads(ada.page, "one");
    await ada.page.getByText("Sending…").first().waitFor({ state: "detached" });
    await ask("kill");
    await ada.page.getByText("Not connected.").waitFor();
    await ada.say("kept");
    await field(ada.page).fill("half a sen");
    await ada.page.getByText("Sending…").waitFor();
    await ada.page.waitForTimeout(1_000); // drafts and what is shown are written a moment later
    await ask("start");
    await ada.page.reload();
    await reads(ada.page, "one", "kept");
    check((await field(ada.page).inputValue()) === "half a sen", "the draft is gone");
    await bob.page.locator(".side-list .item", { hasText: "Ada" }).click();
    await reads(bob.page, "one", "kept");
    return [ada, bob];
  },

  async somebody_stays_signed_in_over_a_browser_restart() {
    const ada = await Somebody.arrive("Ada");
    await ada.signUp();
    const storageState = await ada.context.storageState();
    await ada.context.close();
    const again = await Somebody.arrive("Ada", { storageState });
    await again.page.getByText("Begin a conversation").waitFor();
    await again.page.getByRole("button", { name: /status and settings/ }).click();
    await again.page.getByRole("menuitem", { name: "Sign out" }).click();
    await again.page.getByText("Welcome to Parley").waitFor();
    await again.page.reload();
    await again.page.getByText("Welcome to Parley").waitFor();
    return [again];
  },

  async one_has_a_profile_a_password_and_devices() {
    const ada = await Somebody.arrive("Ada");
    await ada.signUp();
    const bob = await Somebody.arrive("Bob");
    await bob.signUp();
    await bob.openWith(ada);
    const other = await Somebody.arrive("Ada");
    other.username = ada.username;
    await other.signIn("the wrong one");
    await other.page.getByRole("alert").getByText("password").waitFor();
    await other.signIn(PASSWORD);
    await other.page.locator(".side-list .item").waitFor();

    await ada.page.goto(`${url}/chat/settings`);
    await ada.page.getByLabel("Your name, as others see it").fill("Ada L.");
    await ada.page.getByLabel("About you").fill("Counts on cards");
    await ada.page.getByRole("button", { name: "Save" }).click();
    await ada.page.getByText("Your profile is saved.").waitFor();
    await bob.page.getByRole("button", { name: "About this conversation" }).click();
    await bob.page.locator(".card", { hasText: "Counts on cards" }).getByText("Ada L.").waitFor();

    await ada.page.locator(".device").getByRole("button", { name: "Sign out" }).click();
    await other.page.getByText("You were signed out").waitFor();
    await ada.page.locator(".device").nth(1).waitFor({ state: "detached" });
    await ada.page.getByLabel("Present password").fill(PASSWORD);
    await ada.page.getByLabel("New password").fill("another long one");
    await ada.page.getByRole("button", { name: "Change password" }).click();
    await ada.page.getByText("Your password is changed.").waitFor();
    await other.signIn("another long one");
    await other.page.locator(".side-list .item").waitFor();

    await ada.page.getByRole("button", { name: "Dark" }).click();
    await ada.page.reload();
    await ada.page.locator(':root[data-theme="dark"]').waitFor();
    for (const look of ["dark", "light"]) {
      await ada.page.getByRole("button", { name: look === "dark" ? "Dark" : "Light" }).click();
      await ada.page.locator(`:root[data-theme="${look}"]`).waitFor();
      await accessible(ada.page, `settings, ${look}`);
    }
    return [ada, bob, other];
  },

  async one_begins_at_what_is_unread_and_keeps_order_in_the_list() {
    const ada = await Somebody.arrive("Ada");
    await ada.signUp();
    const bob = await Somebody.arrive("Bob");
    await bob.signUp();
    await ada.openWith(bob);
    await ada.say("first");
    await bob.page.locator(".side-list .item", { hasText: "Ada" }).click();
    await reads(bob.page, "first");
    await ada.page.locator(".state.read").waitFor();
    await bob.page.goto(`${url}/chat`);
    await ada.sayMuch(80);
    const badge = bob.page.locator(".side-list .item .badge", { hasText: "80" });
    await badge.waitFor();
    check((await bob.page.title()).startsWith("(80)"), "the tab does not say how much is unread");
    await bob.page.locator(".side-list .item", { hasText: "Ada" }).click();
    await bob.page.locator(".new-line").waitFor();
    const next = bob.page.locator("[data-seq]", { has: bob.page.locator(".new-line") });
    check(
      (await next.locator(".text").textContent()) === "number 1",
      "the line is not where one has read to",
    );
    await next.locator(".text").click({ trial: true }); // it is on the screen
    await bob.page.locator(".day").first().waitFor({ state: "attached" });
    // What is below the screen stays unread until one goes there.
    await bob.page.getByRole("button", { name: /^\d+ new$/ }).click();
    await sees(bob.page, "number 80");
    await badge.waitFor({ state: "detached" });

    // Archived, it is out of the way; blocked, nothing is said in it.
    await bob.page.getByRole("button", { name: "About this conversation" }).click();
    await accessible(bob.page, "about a conversation");
    await bob.page.getByRole("button", { name: "Archive" }).click();
    await bob.page.getByRole("button", { name: "Archived (1)" }).click();
    await bob.page.getByRole("button", { name: "Back to all conversations" }).click();
    await bob.page.getByRole("button", { name: "Take out of the archive" }).click();
    await bob.page.locator(".side-list .item", { hasText: "Ada" }).waitFor();
    await bob.page.locator(".details").getByRole("button", { name: "Block" }).click();
    await bob.page.getByText("You have blocked Ada").waitFor();
    await ada.say("are you there?");
    await ada.page.getByText("Not sent.").waitFor();
    await accessible(ada.page, "a message that was refused");
    await ada.page.getByRole("button", { name: "Discard" }).click();
    await bob.page.locator(".composer, .readonly").getByRole("button", { name: "Unblock" }).click();
    await bob.page.getByText("You have blocked Ada").waitFor({ state: "detached" });
    await ada.say("and now?");
    await sees(bob.page, "and now?");
    return [ada, bob];
  },

  async what_was_missed_while_nobody_looked_is_new_to_whoever_comes_back() {
    const ada = await Somebody.arrive("Ada");
    await ada.signUp();
    const bob = await Somebody.arrive("Bob");
    await bob.signUp();
    await ada.openWith(bob);
    await ada.say("first");
    await bob.page.locator(".side-list .item", { hasText: "Ada" }).click();
    await reads(bob.page, "first");
    await ada.page.locator(".state.read").waitFor();
    const place = new URL(bob.page.url()).pathname;
    const badge = (count) => bob.page.locator(".side-list .item .badge", { hasText: count });
    const begins = bob.page.locator("[data-seq]", { has: bob.page.locator(".new-line") });

    // The page was gone, at the end of the conversation: what came meanwhile is not seen by being loaded.
    await bob.page.waitForTimeout(1_000); // what is shown is written a moment later
    await bob.page.goto("about:blank");
    await ada.sayMuch(80);
    await bob.page.goto(url + place);
    await begins.locator(".text", { hasText: /^number 1$/ }).waitFor();
    await begins.locator(".text").click({ trial: true });
    await bob.page.getByRole("button", { name: /^\d+ new$/ }).click();
    await sees(bob.page, "number 80");
    await badge("80").waitFor({ state: "detached" });
    await bob.page.locator(".side-list .item .badge").waitFor({ state: "detached" });

    // The page is there, in a window that is not the one somebody works in.
    await bob.page.evaluate(() => {
      document.hasFocus = () => false;
    });
    await ada.sayMuch(30);
    await badge("30").waitFor();
    await begins.locator(".text", { hasText: /^number 1$/ }).waitFor();
    await begins.locator(".text").click({ trial: true });
    await bob.page.evaluate(() => {
      delete document.hasFocus;
      dispatchEvent(new Event("focus"));
    });
    await badge("30").waitFor({ state: "detached" });
    await bob.page.locator(".side-list .item .badge").waitFor(); // what is below the screen
    await bob.page.getByRole("button", { name: /^\d+ new$/ }).click();
    await bob.page.locator(".side-list .item .badge").waitFor({ state: "detached" });

    // The same, where all of it comes at once.
    await bob.page.evaluate(() => {
      document.hasFocus = () => false;
    });
    await bob.context.setOffline(true);
    await ada.sayMuch(40);
    await bob.context.setOffline(false);
    await badge("40").waitFor();
    await begins.locator(".text", { hasText: /^number 1$/ }).waitFor();
    await bob.page.evaluate(() => {
      delete document.hasFocus;
      dispatchEvent(new Event("focus"));
    });
    await badge("40").waitFor({ state: "detached" });
    await bob.page.getByRole("button", { name: /^\d+ new$/ }).click();
    await bob.page.locator(".side-list .item .badge").waitFor({ state: "detached" });

    // Whoever looks is shown no line above what they see come.
    await ada.say("and one more");
    await sees(bob.page, "and one more");
    await ada.page.locator(".message", { hasText: "and one more" }).locator(".state.read").waitFor();
    check((await begins.locator(".text").textContent()) === "number 1", "the line has moved");

    // What one marks as unread stays so, whatever comes, until one comes back to it.
    await toolbar(bob.page, "and one more", "More");
    await bob.page.getByRole("menuitem", { name: "Mark unread from here" }).click();
    await badge("1").waitFor();
    await begins.locator(".text", { hasText: "and one more" }).waitFor();
    await ada.say("and another");
    await sees(bob.page, "and another");
    await badge("2").waitFor();
    await bob.say("So I see");
    await badge("2").waitFor({ state: "detached" });
    await ada.say("And this?");
    await sees(bob.page, "And this?");
    await ada.page.locator(".message", { hasText: "And this?" }).locator(".state.read").waitFor();
    await toolbar(bob.page, "And this?", "More");
    await bob.page.getByRole("menuitem", { name: "Mark unread from here" }).click();
    await badge("1").waitFor();
    await bob.page.goto(`${url}/chat`);
    await badge("1").waitFor();
    await bob.page.locator(".side-list .item", { hasText: "Ada" }).click();
    await bob.page.locator(".side-list .item .badge").waitFor({ state: "detached" });
    return [ada, bob];
  },

  async what_happened_stands_between_the_messages_and_what_is_pinned_in_a_list() {
    const ada = await Somebody.arrive("Ada");
    const bob = await Somebody.arrive("Bob");
    const cyn = await Somebody.arrive("Cyn");
    for (const one of [ada, bob, cyn]) await one.signUp();
    await ada.begin();
    const dialog = ada.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Group" }).click();
    await dialog.getByLabel("Name of the group").fill("Gardeners");
    // Enter chooses who was found first, and creates no group yet.
    await dialog.getByLabel("Find people").fill(bob.username);
    await dialog.getByRole("button", { name: /^Bob/ }).waitFor();
    await dialog.getByLabel("Find people").press("Enter");
    await dialog.getByRole("button", { name: "Take Bob out" }).waitFor();
    check((await dialog.getByLabel("Find people").inputValue()) === "", "the name is still there");
    await dialog.getByRole("button", { name: "Create group" }).click();
    await ada.say("Beans are up");
    // Who thinks better of a new conversation is where they were.
    await ada.begin();
    await ada.page.locator(".message .text", { hasText: "Beans are up" }).waitFor();
    await ada.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await reads(ada.page, "Beans are up");
    await bob.page.locator(".side-list .item", { hasText: "Gardeners" }).click();
    await reads(bob.page, "Beans are up");
    await bob.page.locator(".side-list .item .badge").waitFor({ state: "detached" });

    const about = ada.page.getByRole("button", { name: "About this conversation" });
    await about.click();
    await ada.page.getByRole("button", { name: "Add people" }).click();
    await dialog.getByLabel("Find people").fill(cyn.username);
    await dialog.getByRole("button", { name: /^Cyn/ }).click();
    await lines(bob.page, "Ada created the group with you", "Ada added Cyn");
    await ada.page.keyboard.press("Escape");
    await ada.page.getByRole("button", { name: "Change name or topic" }).click();
    await dialog.getByLabel("Name").fill("Bean counters");
    await dialog.getByRole("button", { name: "Save" }).click();
    await about.click();
    await toolbar(ada.page, "Beans are up", "More");
    await ada.page.getByRole("menuitem", { name: "Pin", exact: true }).click();
    const told = [
      "Ada created the group with you",
      "Ada added Cyn",
      "Ada renamed the group to \u201cBean counters\u201d",
      "Ada pinned a message",
    ];
    await lines(bob.page, ...told);
    check(
      (await bob.page.locator(".side-list .item .badge").count()) === 0,
      "what happened counts as unread",
    );
    await accessible(bob.page, "what happened between messages");

    // In order with the messages, as they come and after a reload that has nothing kept.
    await ada.sayMuch(90);
    await cyn.page.locator(".side-list .item", { hasText: "Bean counters" }).click();
    await cyn.page.locator(".happening").first().waitFor({ state: "attached" });
    const order = await cyn.page
      .locator(".happening > span, .message .text")
      .evaluateAll((rows) => rows.map((row) => row.innerText).slice(0, 5));
    const inOrder = [told[0].replace("you", "Bob"), "Beans are up", "Ada added you", ...told.slice(2)];
    check(order.join("|") === inOrder.join("|"), `in another order: ${order.join("|")}`);

    // The list of pins leads to its message, far above, and a pin can be taken away.
    const pins = bob.page.getByRole("button", { name: "Pinned messages" });
    await sees(bob.page, "number 90");
    await pins.click();
    const list = bob.page.getByRole("complementary", { name: "Pinned messages" });
    await list.getByText("Beans are up").waitFor();
    await accessible(bob.page, "what is pinned");
    await list.getByRole("button", { name: "Go to message" }).click();
    const message = bob.page.locator(".message", { hasText: "Beans are up" });
    await message.click({ trial: true }); // it is on the screen
    await bob.page.waitForFunction(() => document.activeElement?.innerText.includes("Beans are up"));
    await list.getByRole("button", { name: "Unpin" }).click();
    await list.getByText("Nothing is pinned.").waitFor();
    await message.getByText("Pinned").waitFor({ state: "detached" });

    await bob.page.getByRole("button", { name: "About this conversation" }).click();
    await bob.page.getByRole("button", { name: "Leave the group" }).click();
    await dialogOf(bob).getByRole("button", { name: "Leave" }).click();
    await ada.page.locator(".happening", { hasText: "Bob left" }).waitFor();
    return [ada, bob, cyn];
  },

  async everything_can_be_done_with_the_keyboard() {
    const ada = await Somebody.arrive("Ada");
    const bob = await Somebody.arrive("Bob");
    await accessible(ada.page, "the door");
    await ada.signUp();
    await bob.signUp();
    await accessible(ada.page, "an empty list");
    const { keyboard } = ada.page;
    await keyboard.press("Control+k");
    await keyboard.type(bob.username);
    await ada.page.locator(".side-list .item").waitFor();
    await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    await field(ada.page).waitFor();
    await ada.page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
    await keyboard.type("one");
    await keyboard.press("Shift+Enter");
    await keyboard.type("two");
    await keyboard.press("Enter");
    await reads(ada.page, "one\ntwo");
    await ada.page.locator(".state.sent, .state.delivered").waitFor();
    await keyboard.press("ArrowUp");
    await ada.page.getByText("Editing your message").waitFor();
    await keyboard.type(" three");
    await keyboard.press("Enter");
    await reads(ada.page, "one\ntwo three");
    // The Enter that ends a composition is the input method's. In Safari nothing but its code says so.
    await field(ada.page).fill("か");
    await field(ada.page).evaluate((box) => {
      const sort = { key: "Enter", keyCode: 229, bubbles: true, cancelable: true };
      box.dispatchEvent(new KeyboardEvent("keydown", sort));
    });
    await keyboard.type("な");
    await keyboard.press("Enter");
    await reads(ada.page, "one\ntwo three", "かな");
    await ada.page.locator(".message").first().focus();
    await keyboard.press("r");
    await ada.page.getByText("Replying to Ada").waitFor();
    await keyboard.press("Escape");
    await ada.page.getByText("Replying to Ada").waitFor({ state: "detached" });
    await ada.begin();
    await accessible(ada.page, "a new conversation");
    await keyboard.press("Escape");
    await ada.page.getByRole("dialog").waitFor({ state: "detached" });
    return [ada, bob];
  },

  async attempts_to_run_scripts_are_shown_as_text() {
    const ada = await Somebody.arrive("Ada");
    const eve = await Somebody.arrive("<img src=x onerror=alert(1)>");
    eve.username = `eve.${stamp}`;
    await ada.signUp();
    await eve.signUp();
    await eve.openWith(ada);
    const attempts = [
      "<script>alert(1)</script>",
      "<img src=x onerror=alert(1)>",
      "[click](javascript:alert(1))",
      "[click](data:text/html,<script>alert(1)</script>)",
      "![picture](javascript:alert(1))",
      "<a href='javascript:alert(1)'>click</a>",
      "<svg/onload=alert(1)>",
      "`<b>code</b>`",
      "<javascript:alert(1)>",
      "[a]: javascript:alert(1)",
    ];
    for (const attempt of attempts) await eve.say(attempt);
    await ada.page.locator(".side-list .item", { hasText: "<img src=x" }).click();
    await ada.page
      .locator(".message .text")
      .nth(attempts.length - 1)
      .waitFor();
    const drawn = await texts(ada.page).allInnerTexts();
    for (const attempt of attempts) {
      const shown = attempt.replaceAll("`", "");
      check(drawn.includes(shown), `${attempt} is shown as ${drawn.join(" | ")}`);
    }
    const harmful = await ada.page.evaluate(
      () =>
        document.querySelectorAll(".message img, .message script, .message svg:not(.icon), .text a, .text b")
          .length,
    );
    check(harmful === 0, "something became an element");
    await eve.say("see https://example.org/ and <https://example.com>");
    await ada.page.locator('.text a[href="https://example.org/"]').waitFor();
    check(
      (await ada.page.locator(".text a").first().getAttribute("rel")).includes("noopener"),
      "a link keeps its opener",
    );
    return [ada, eve];
  },

  async a_broken_address_or_a_browser_that_keeps_nothing_is_no_blank_page() {
    const ada = await Somebody.arrive("Ada");
    await ada.context.addInitScript(() => {
      const refuse = () => {
        throw new DOMException("Storage is blocked.", "SecurityError");
      };
      Object.defineProperty(window, "localStorage", { get: refuse });
      IDBFactory.prototype.open = refuse;
    });
    await ada.page.goto(`${url}/chat/%E0`);
    await ada.signUp();
    await ada.begin();
    await ada.page.getByRole("dialog").getByLabel("Find people").fill("nobody");
    await ada.page.keyboard.press("Escape");
    await ada.page.goto(`${url}/chat/settings`);
    await ada.page.getByRole("button", { name: "Dark" }).click();
    await ada.page.locator('html[data-theme="dark"]').waitFor();
    return [ada];
  },

  async contacts_are_asked_for_accepted_and_removed() {
    const ada = await Somebody.arrive("Ada");
    const bob = await Somebody.arrive("Bob");
    await ada.signUp();
    await bob.signUp();
    for (const one of [ada, bob]) {
      await one.page.getByRole("button", { name: /status and settings/ }).click();
      await one.page.getByRole("menuitem", { name: "Contacts" }).click();
      await one.page.getByText("Nobody yet.").waitFor();
    }
    const add = async (whom) => {
      await ada.page.getByLabel("Username or e-mail address").fill(whom);
      await ada.page.getByRole("button", { name: "Add", exact: true }).click();
    };
    await add("nobody.at.all");
    await ada.page.getByRole("alert").getByText("no such person", { exact: false }).waitFor();
    await add(`@${bob.username}`);
    await ada.page.getByRole("heading", { name: "You asked them" }).waitFor();

    await bob.page.goto(`${url}/chat`);
    await bob.page.getByRole("link", { name: "Ada asks to be on your list" }).click();
    await accessible(bob.page, "somebody who asks");
    await bob.page.getByRole("button", { name: "Accept" }).click();
    await bob.page.getByText("Your contacts (1)").waitFor();
    await bob.page.getByRole("link", { name: "asks to be on your list" }).waitFor({ state: "detached" });
    await ada.page.getByText("Your contacts (1)").waitFor();
    await ada.page.locator(".device", { hasText: "Bob" }).getByText("Here now").waitFor();
    await accessible(ada.page, "contacts");

    await ada.page.getByRole("button", { name: "Write" }).click();
    await field(ada.page).waitFor();
    await ada.page.getByRole("button", { name: "About this conversation" }).click();
    await ada.page.getByRole("button", { name: "Remove from contacts" }).click();
    await ada.page.getByRole("button", { name: "Add to contacts" }).waitFor();
    return [ada, bob];
  },

  async groups_and_rooms_have_members_with_roles() {
    const ada = await Somebody.arrive("Ada");
    const bob = await Somebody.arrive("Bob");
    await ada.signUp();
    await bob.signUp();
    await ada.begin();
    const dialog = ada.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Group" }).click();
    await dialog.getByLabel("Name of the group").fill("Gardeners");
    await dialog.getByLabel("Find people").fill(bob.username);
    await dialog.getByRole("button", { name: /^Bob/ }).click();
    await dialog.getByRole("button", { name: "Create group" }).click();
    await field(ada.page).waitFor();
    await ada.say(`@${bob.username} look`);
    const item = bob.page.locator(".side-list .item", { hasText: "Gardeners" });
    await item.locator(".badge", { hasText: "@" }).waitFor();
    await item.click();
    await bob.page.locator(".mention.me").waitFor();
    await item.locator(".badge").first().waitFor({ state: "detached" });

    await ada.page.getByRole("button", { name: "About this conversation" }).click();
    await ada.page.getByRole("button", { name: "Bob: what to do" }).click();
    await ada.page.getByRole("menuitem", { name: "Make guest (reads only)" }).click();
    await bob.page.getByText("You are a guest here").waitFor();
    await ada.page.getByRole("button", { name: "Bob: what to do" }).click();
    await ada.page.getByRole("menuitem", { name: "Remove", exact: true }).click();
    await bob.page.getByText("This conversation is not yours").waitFor();

    await ada.begin();
    await dialog.getByRole("button", { name: "Room" }).click();
    await dialog.getByRole("button", { name: "Create a room" }).click();
    await dialog.getByLabel("Name of the room").fill(`Seeds ${stamp}`);
    await dialog.getByLabel("What it is about").fill("Swapping seeds");
    await dialog.getByRole("button", { name: "Create room" }).click();
    await field(ada.page).waitFor();
    await bob.page.getByRole("searchbox").fill(`Seeds ${stamp}`);
    await bob.page.locator(".side-list").getByRole("button", { name: "Seeds" }).click();
    await bob.say("I have beans");
    await reads(ada.page, "I have beans");
    await bob.page.getByRole("button", { name: "About this conversation" }).click();
    await bob.page.getByRole("button", { name: "Mute" }).click();
    await bob.page
      .locator(".side-list .item", { hasText: "Seeds" })
      .getByText("Muted")
      .waitFor({ state: "attached" });
    await bob.page.getByRole("button", { name: "Leave the room" }).click();
    await bob.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
    await bob.page.getByText("Begin a conversation").waitFor();
    return [ada, bob];
  },

  /** Arguments: who to sign in as, and the password. Says how long the longest task was, in milliseconds. */
  async a_long_conversation_scrolls() {
    const [username, password] = given;
    const ada = await Somebody.arrive("Ada");
    await ada.page.getByLabel("Username or e-mail").fill(username);
    await ada.page.getByLabel("Password").fill(password);
    await ada.page.getByRole("button", { name: "Sign in" }).click();
    await ada.page.locator(".side-list .item").first().click();
    await ada.page.locator(".message").nth(20).waitFor();
    const measured = await ada.page.evaluate(async () => {
      const tasks = [];
      new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask" });
      const box = document.querySelector(".scroller");
      const frame = () => new Promise(requestAnimationFrame);
      const seqs = new Set();
      const look = () => {
        for (const row of document.querySelectorAll("[data-seq]")) seqs.add(row.dataset.seq);
      };
      const began = performance.now();
      let steps = 0;
      for (; !document.querySelector(".beginning") && performance.now() - began < 200_000; steps += 1) {
        box.scrollTop = Math.max(0, box.scrollTop - 900);
        await frame();
        look();
      }
      const up = performance.now() - began;
      for (let down = 0; down < 300; down += 1) {
        box.scrollTop += 900;
        await frame();
        look();
      }
      document.querySelector(".jump").click();
      await new Promise((done) => setTimeout(done, 1_000));
      const lengths = tasks.map(({ duration }) => Math.round(duration)).sort((one, other) => other - one);
      return {
        longest_task_ms: lengths[0] ?? "under 50",
        tasks_over_50_ms: lengths.length,
        over_100_ms: lengths.filter((length) => length > 100).length,
        messages_seen: seqs.size,
        steps: steps + 300,
        seconds_up: Math.round(up / 1000),
      };
    });
    process.stdout.write(`${JSON.stringify(measured)}\n`);
    return [ada];
  },

  /** Argument: the folder that they go to. */
  async screenshots() {
    const people = {};
    for (const name of ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson"]) {
      people[name] = await Somebody.arrive(name);
      people[name].username = `${name.split(" ")[0].toLowerCase()}.${stamp}`;
      await people[name].signUp();
    }
    const [ada, grace, alan, katherine] = Object.values(people);
    const shot = (page, name) => page.screenshot({ path: `${given[0]}/${name}.png` });
    await ada.openWith(grace);
    await ada.say("Morning Grace! Did the overnight run finish?");
    await grace.page.locator(".side-list .item", { hasText: "Ada" }).click();
    await grace.say("It did, at 4:12. **Two** anomalies, both in the third pass:");
    await grace.say("```\npass 3: row 118 read twice\npass 3: row 121 late by 40 ms\n```");
    await grace.say("I suspect the card reader, not the program.");
    await sees(ada.page, "card reader");
    await toolbar(ada.page, "Two anomalies", "Reply");
    await ada.say("Row 118 again? That is the one I mentioned last week. See https://example.org/notes/118");
    await sees(grace.page, "Row 118");
    await toolbar(grace.page, "Row 118 again?", "React");
    await grace.page.getByRole("menuitem", { name: "React with 👀" }).click();
    await alan.openWith(ada);
    await alan.say("Are you coming to the reading group tonight?");
    await katherine.begin();
    const dialog = katherine.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Group" }).click();
    await dialog.getByLabel("Name of the group").fill("Orbital mechanics");
    for (const other of [ada, grace, alan]) {
      await dialog.getByLabel("Find people").fill(other.username);
      await dialog
        .getByRole("button", { name: new RegExp(`^${other.name}`) })
        .first()
        .click();
    }
    await shot(katherine.page, "new-group");
    await dialog.getByRole("button", { name: "Create group" }).click();
    await katherine.say("Welcome, all. First topic: why does the *transfer window* move?");
    await katherine.say(`@${ada.username} you had a table for this, I think`);
    await ada.page.locator(".badge", { hasText: "@" }).waitFor();
    await shot(ada.page, "desktop-light");
    await ada.page.getByRole("button", { name: "About this conversation" }).click();
    await shot(ada.page, "desktop-light-about");
    await ada.page.locator(".side-list .item", { hasText: "Orbital" }).click();
    await sees(ada.page, "you had a table");
    await toolbar(ada.page, "Welcome, all", "More");
    await ada.page.getByRole("menuitem", { name: "Pin", exact: true }).click();
    await ada.page.getByRole("button", { name: "Pinned messages" }).click();
    await ada.page.locator(".pin").waitFor();
    await shot(ada.page, "desktop-light-pins");
    await ada.page.getByRole("button", { name: "About this conversation" }).click();
    await ada.page.locator(".member").nth(3).waitFor();
    await shot(ada.page, "desktop-light-group");
    await ada.page.emulateMedia({ colorScheme: "dark" });
    await ada.page.waitForTimeout(300);
    await shot(ada.page, "desktop-dark-group");
    await ada.page.getByRole("button", { name: "About this conversation" }).click();
    await ada.page.locator(".side-list .item", { hasText: "Grace" }).click();
    await sees(ada.page, "Row 118");
    await shot(ada.page, "desktop-dark");
    await ada.page.setViewportSize({ width: 390, height: 844 });
    await shot(ada.page, "phone-dark");
    await ada.page.getByRole("button", { name: "Back to the list" }).click();
    await shot(ada.page, "phone-dark-list");
    await ada.page.emulateMedia({ colorScheme: "light" });
    await ada.page.waitForTimeout(300);
    await shot(ada.page, "phone-light-list");
    await ada.page.locator(".side-list .item", { hasText: "Orbital" }).click();
    await sees(ada.page, "you had a table");
    await shot(ada.page, "phone-light");
    await ada.page.goto(`${url}/chat/settings`);
    await ada.page.getByRole("heading", { name: "Devices" }).waitFor();
    await ada.page.waitForTimeout(800);
    await shot(ada.page, "phone-light-settings");
    await ada.page.setViewportSize({ width: 1280, height: 800 });
    await shot(ada.page, "desktop-light-settings");
    await ada.page.goto(`${url}/chat/contacts`);
    await ada.page.getByLabel("Username or e-mail address").fill(grace.username);
    await ada.page.getByRole("button", { name: "Add", exact: true }).click();
    await ada.page.getByText("Your contacts (1)").waitFor();
    await shot(ada.page, "desktop-light-contacts");
    await ada.page.goto(`${url}/chat`);
    await ada.page.getByText("Pick up a conversation").waitFor();
    await ada.page.waitForTimeout(500);
    await shot(ada.page, "desktop-light-home");
    await ada.page.getByRole("searchbox").fill("ka");
    await ada.page.locator(".side-title", { hasText: "People" }).waitFor();
    await shot(ada.page, "desktop-light-search");
    await ada.page.getByRole("searchbox").fill("");
    await ada.page.locator(".side-list .item", { hasText: "Orbital" }).click();
    await field(ada.page).pressSequentially("I will look for it, @gr");
    await ada.page.getByRole("option").first().waitFor();
    await shot(ada.page, "desktop-light-completion");
    await field(ada.page).press("Enter");
    await field(ada.page).press("Enter");
    await toolbar(ada.page, "I will look", "React");
    await shot(ada.page, "desktop-light-react");
    await ada.page.keyboard.press("Escape");
    await toolbar(ada.page, "I will look", "More");
    await shot(ada.page, "desktop-light-more");
    await ada.page.getByRole("menuitem", { name: "Edit" }).click();
    await shot(ada.page, "desktop-light-edit");
    await ada.page.keyboard.press("Escape");
    await ada.page.getByRole("button", { name: /status and settings/ }).click();
    await shot(ada.page, "desktop-light-me");
    await ada.page.keyboard.press("Escape");
    await ada.begin();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Room" }).click();
    await ada.page.waitForTimeout(500);
    await shot(ada.page, "desktop-light-rooms");
    await ada.page.keyboard.press("Escape");
    await ada.page.locator(".side-list .item", { hasText: "Orbital" }).click();
    await ada.context.setOffline(true);
    await ada.page.getByText("Not connected.").waitFor();
    await ada.say("Found it: the table is in the second notebook.");
    await ada.page.getByRole("button", { name: "About this conversation" }).click();
    await ada.page.getByRole("button", { name: "Mute" }).click();
    await ada.page.locator(".notice").waitFor();
    await shot(ada.page, "desktop-light-offline");
    await ada.page.setViewportSize({ width: 390, height: 844 });
    await shot(ada.page, "phone-light-offline-about");
    await ada.page.locator(".details").getByRole("button", { name: "Close" }).click();
    await shot(ada.page, "phone-light-offline");
    const nobody = await Somebody.arrive("Nobody");
    await nobody.page.getByText("Welcome to Parley").waitFor();
    await shot(nobody.page, "desktop-light-door");
    await nobody.page.getByLabel("Username or e-mail").fill("nobody");
    await nobody.page.getByLabel("Password").fill("not the password");
    await nobody.page.getByRole("button", { name: "Sign in" }).click();
    await nobody.page.getByRole("alert").waitFor();
    await shot(nobody.page, "desktop-light-refused");
    await nobody.page.setViewportSize({ width: 390, height: 844 });
    await nobody.page.emulateMedia({ colorScheme: "dark" });
    await nobody.page.getByRole("button", { name: "Create an account" }).click();
    await nobody.page.waitForTimeout(300);
    await shot(nobody.page, "phone-dark-door");
    return [ada, grace, alan, katherine, nobody];
  },
};

try {
  const people = await scenarios[scenario]();
  const pages = people.flatMap(({ context }) => context.pages());
  for (const page of pages) {
    const scrolled = await page.evaluate(() => scrollY + document.body.scrollTop);
    check(scrolled === 0, `${page.url()} was scrolled away by ${scrolled}`);
  }
  const problems = people.flatMap(({ problems }) => problems);
  check(problems.length === 0, `pages complained: ${problems.join("; ")}`);
  process.stdout.write("ok\n");
} catch (error) {
  for (const context of browser.contexts()) {
    for (const page of context.pages()) {
      process.stderr.write(
        `--- ${page.url()}\n${await page
          .locator("body")
          .innerText()
          .catch(() => "?")}\n`,
      );
    }
  }
  throw error;
} finally {
  await browser.close();
  process.exitCode ||= 0;
}
process.exit();
