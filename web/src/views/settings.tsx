/** Settings: one's profile, how it looks, one's devices, and whom one has blocked. */

import type { DeviceSession, Me } from "parley-client";
import { useCallback, useEffect, useState } from "preact/hooks";
import { client } from "../client";
import { useNow, useSnapshot } from "../hooks";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Confirm, Dialog } from "../parts/dialog";
import { Field, Form, NewPasswordField } from "../parts/form";
import { Icon } from "../parts/icon";
import { attempt, because, say } from "../parts/notices";
import { go } from "../router";
import { whenShort } from "../text/times";
import { setTheme, type Theme, theme } from "../theme";
import { useBlocks } from "./blocks";

const THEMES: Record<Theme, string> = { system: "System", light: "Light", dark: "Dark" };

export function Settings() {
  const session = useSnapshot(client.session.state);
  if (session.status !== "signed-in") return null;
  return (
    <section class="page grow" aria-label="Settings">
      <header class="page-head">
        <button type="button" class="icon-button" aria-label="Back" onClick={() => go({ view: "home" })}>
          <Icon name="back" />
        </button>
        <h1>Settings</h1>
      </header>
      <div class="page-body">
        <div>
          <Profile me={session.user} />
          <Look />
          <Devices />
          <Password me={session.user} />
          <Email me={session.user} />
          <Blocked />
          <Keyboard />
          <Erase />
        </div>
      </div>
    </section>
  );
}

function Profile({ me }: { me: Me }) {
  return (
    <section class="section" aria-labelledby="profile">
      <h2 id="profile">Profile</h2>
      <div class="row" style={{ gap: "16px" }}>
        <Avatar name={nameOf(me)} id={me.user_id} size="large" />
        <div class="grow">
          <strong>{nameOf(me)}</strong>
          <p class="hint clip">{me.username ? `@${me.username}` : me.email}</p>
        </div>
      </div>
      <Form
        action="Save"
        submit={async (text) => {
          const username = text("username");
          await client.changeProfile({
            display_name: text("display_name"),
            ...(username && username !== me.username ? { username } : {}),
            ...(text("bio") !== (me.bio ?? "") ? { bio: text("bio") || null } : {}),
          });
          say("Your profile is saved.");
        }}
      >
        <Field
          name="display_name"
          label="Your name, as others see it"
          required
          maxLength={80}
          autoComplete="name"
          defaultValue={me.display_name}
        />
        <Field
          name="username"
          label="Username"
          hint="Others find you by it, and mention you with an @ before it."
          minLength={3}
          maxLength={32}
          autoCapitalize="none"
          autoComplete="username"
          spellcheck={false}
          defaultValue={me.username ?? ""}
        />
        <Field name="bio" label="About you" maxLength={500} defaultValue={me.bio ?? ""} />
      </Form>
    </section>
  );
}

function Email({ me }: { me: Me }) {
  const mail = async () => {
    if (await attempt("No mail was sent.", () => client.api.askForVerification()))
      say("A mail is on its way to you.");
  };
  const open = me.new_email || (me.email && !me.email_verified);
  return (
    <section class="section" aria-labelledby="email">
      <h2 id="email">E-mail</h2>
      <p class="hint">
        {me.email ? `Your address is ${me.email}.` : "With an address you can get a new password by mail."}
      </p>
      {open && (
        <p class="hint">
          {`${me.new_email ?? "It"} is yours once you have used the code that was mailed there. `}
          <button type="button" class="text-button" onClick={mail}>
            Send it again
          </button>
        </p>
      )}
      <Form
        action={me.email ? "Change address" : "Add address"}
        look=""
        clears
        submit={async (text) => {
          await client.changeProfile({ email: text("email"), password: text("email_password") });
          say("A mail is on its way there: the address is yours once you have used its code.");
        }}
      >
        <Field
          name="email"
          label={me.email ? "Another address" : "Address"}
          type="email"
          required
          maxLength={254}
          autoComplete="email"
        />
        <Field
          name="email_password"
          label="Your password"
          type="password"
          required
          autoComplete="current-password"
        />
      </Form>
      {open && (
        <Form
          action="Verify"
          look=""
          clears
          submit={async (text) => {
            await client.api.verifyEmail(text("code"));
            say("Thank you: the address is yours.");
          }}
        >
          <Field
            name="code"
            label="Code from a mail"
            required
            autoCapitalize="none"
            autoComplete="one-time-code"
            spellcheck={false}
          />
        </Form>
      )}
    </section>
  );
}

function Look() {
  const chosen = useSnapshot(theme);
  return (
    <section class="section" aria-labelledby="look">
      <h2 id="look">Appearance</h2>
      <div class="tabs" role="group" aria-label="Colours">
        {(Object.keys(THEMES) as Theme[]).map((one) => (
          <button key={one} type="button" aria-pressed={chosen === one} onClick={() => setTheme(one)}>
            {THEMES[one]}
          </button>
        ))}
      </div>
    </section>
  );
}

function Devices() {
  const [devices, setDevices] = useState<readonly DeviceSession[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const now = useNow(60);
  const read = useCallback(async () => {
    setProblem(null);
    try {
      setDevices((await client.api.sessions()).items);
    } catch (reason) {
      setProblem(because(reason));
    }
  }, []);
  useEffect(() => void read(), [read]);
  const revoke = async (device: DeviceSession) => {
    if (await attempt("That device is still signed in.", () => client.api.revokeSession(device.session_id)))
      await read();
  };
  return (
    <section class="section" aria-labelledby="devices">
      <h2 id="devices">Devices</h2>
      {problem && (
        <p class="form-error" role="alert">
          {`Your devices could not be listed. ${problem} `}
          <button type="button" class="text-button" onClick={read}>
            Try again
          </button>
        </p>
      )}
      {!devices && !problem && <p class="hint">Loading…</p>}
      <ul>
        {devices?.map((device) => (
          <li key={device.session_id} class="device">
            <div class="grow">
              <strong class="clip" style={{ display: "block" }} title={device.device}>
                {browserName(device.device)}
              </strong>
              <span class="hint">
                {device.current ? "This device" : `Last used ${whenShort(device.used_at, now)}`}
                {device.address && ` · ${device.address}`}
              </span>
            </div>
            {!device.current && (
              <button type="button" class="button small" onClick={() => revoke(device)}>
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
      <div class="row">
        <button
          type="button"
          class="button"
          onClick={() => attempt("You are still signed in.", () => client.logout())}
        >
          Sign out
        </button>
        <button type="button" class="button danger" onClick={() => setAsking(true)}>
          Sign out everywhere
        </button>
      </div>
      {asking && (
        <Confirm
          title="Sign out everywhere?"
          text="Every device is signed out, this one too."
          action="Sign out everywhere"
          close={() => setAsking(false)}
          act={() => attempt("Your devices are still signed in.", () => client.logoutAll())}
        />
      )}
    </section>
  );
}

function Password({ me }: { me: Me }) {
  return (
    <section class="section" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <Form
        action="Change password"
        look=""
        clears
        submit={async (text) => {
          await client.api.changePassword(text("current_password"), text("new_password"));
          say("Your password is changed. All other devices are signed out.");
        }}
      >
        <input type="text" hidden readOnly autoComplete="username" value={me.username ?? me.email ?? ""} />
        <Field
          name="current_password"
          label="Present password"
          type="password"
          required
          autoComplete="current-password"
        />
        <NewPasswordField name="new_password" label="New password" />
      </Form>
    </section>
  );
}

function Blocked() {
  const { blocked, unblock } = useBlocks();
  const people = useSnapshot(client.people.changes);
  return (
    <section class="section" aria-labelledby="blocked">
      <h2 id="blocked">Blocked people</h2>
      {blocked?.size === 0 && <p class="hint">You have blocked nobody.</p>}
      {blocked === null && <p class="hint">Not known right now.</p>}
      <ul>
        {[...(blocked ?? [])].map((id) => (
          <li key={id} class="device">
            <span class="grow clip">{nameOf(people.get(id) ?? client.people.get(id))}</span>
            <button type="button" class="button small" onClick={() => unblock(id)}>
              Unblock
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const KEYS: readonly (readonly [string, string])[] = [
  ["Ctrl K", "Search"],
  ["↑ ↓", "From one conversation, or message, to the next"],
  ["Enter", "Send; with Shift, a new line"],
  ["↑", "In an empty field: edit your last message"],
  ["R", "On a message: reply"],
  ["E", "On a message of yours: edit"],
  ["Esc", "Close, or stop what you were doing"],
];

function Keyboard() {
  return (
    <section class="section" aria-labelledby="keyboard">
      <h2 id="keyboard">Keyboard</h2>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Erase() {
  const [asking, setAsking] = useState(false);
  return (
    <section class="section" aria-labelledby="erase">
      <h2 id="erase">Your account</h2>
      <div class="row">
        <button type="button" class="button danger" onClick={() => setAsking(true)}>
          Delete your account
        </button>
      </div>
      {asking && (
        <Dialog title="Delete your account?" close={() => setAsking(false)}>
          <p>Your account and everything that you wrote is erased, for everyone. That can't be taken back.</p>
          <Form
            action="Delete it for good"
            look="danger"
            submit={(text) => client.eraseMe(text("erase_password"))}
          >
            <Field
              name="erase_password"
              label="Your password"
              type="password"
              required
              autoComplete="current-password"
            />
          </Form>
        </Dialog>
      )}
    </section>
  );
}

/** What a browser says of itself, in two words. */
function browserName(device: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(device)?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(device)?.[1];
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "macOS" };
  if (!browser) return device || "A device without a name";
  return `${names[browser] ?? browser}${system ? ` on ${names[system] ?? system}` : ""}`;
}
