/** Settings: one's profile, how it looks, one's devices, and whom one has blocked. */

import type { DeviceSession, Me } from "parley-client";
import { useCallback, useEffect, useState } from "preact/hooks";
import { client } from "../client";
import { useNow, useSnapshot } from "../hooks";
import { nameOf } from "../names";
import { Avatar } from "../parts/avatar";
import { Confirm } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { attempt, because, say } from "../parts/notices";
import { go } from "../router";
import { setTheme, type Theme, theme } from "../theme";
import { whenShort } from "../text/times";
import { useBlocks } from "./blocks";
import { Problem } from "./new_chat";

const THEMES: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

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
          <Password />
          <Blocked />
        </div>
      </div>
    </section>
  );
}

function Profile({ me }: { me: Me }) {
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const username = text("username");
    setProblem(null);
    try {
      await client.changeProfile({
        display_name: text("display_name"),
        ...(username && username !== me.username ? { username } : {}),
        ...(text("bio") !== (me.bio ?? "") ? { bio: text("bio") || null } : {}),
      });
      say("Your profile is saved.");
    } catch (reason) {
      setProblem(because(reason));
    }
  };
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
      <form class="form" onSubmit={submit}>
        <label class="field">
          <span>Your name, as others see it</span>
          <input class="input" name="display_name" required maxLength={80} defaultValue={me.display_name} />
        </label>
        <label class="field">
          <span>Username</span>
          <input
            class="input"
            name="username"
            minLength={3}
            maxLength={32}
            autoCapitalize="none"
            spellcheck={false}
            defaultValue={me.username ?? ""}
          />
          <small>Others find you by it, and mention you with an @ before it.</small>
        </label>
        <label class="field">
          <span>About you</span>
          <input class="input" name="bio" maxLength={500} defaultValue={me.bio ?? ""} />
        </label>
        {problem && <Problem text={problem} />}
        <div class="row">
          <button class="button main" type="submit">
            Save
          </button>
        </div>
      </form>
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
    if (await attempt("That device is still signed in.", () => client.api.revokeSession(device.session_id))) await read();
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
        <button type="button" class="button" onClick={() => attempt("You are still signed in.", () => client.logout())}>
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

function Password() {
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const text = (name: string) => String(new FormData(form).get(name) ?? "");
    setProblem(null);
    try {
      await client.api.changePassword(text("current"), text("new"));
      form.reset();
      say("Your password is changed.");
    } catch (reason) {
      setProblem(because(reason));
    }
  };
  return (
    <section class="section" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <form class="form" onSubmit={submit}>
        <label class="field">
          <span>Present password</span>
          <input class="input" name="current" type="password" required autoComplete="current-password" />
        </label>
        <label class="field">
          <span>New password</span>
          <input class="input" name="new" type="password" required minLength={8} maxLength={256} autoComplete="new-password" />
        </label>
        {problem && <Problem text={problem} />}
        <div class="row">
          <button class="button" type="submit">
            Change password
          </button>
        </div>
      </form>
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

/** What a browser says of itself, in two words. */
function browserName(device: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(device)?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(device)?.[1];
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "macOS" };
  if (!browser) return device || "A device without a name";
  return `${names[browser] ?? browser}${system ? ` on ${names[system] ?? system}` : ""}`;
}
