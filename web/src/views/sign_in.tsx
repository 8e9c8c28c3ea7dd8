/** Signing in, making an account, and getting a new password by mail. */

import type { ParleyError } from "parley-client";
import { useState } from "preact/hooks";
import { client } from "../client";
import { Field, Form, NewPasswordField } from "../parts/form";
import { say } from "../parts/notices";
import { go } from "../router";
import { Door } from "./door";

type Way = "in" | "new" | "forgot" | "reset";

export function SignIn({ reason }: { reason: ParleyError | undefined }) {
  const [way, setWay] = useState<Way>("in");
  const said = reason ? `You were signed out: ${reason.message}` : null;
  switch (way) {
    case "in":
      return <In turn={setWay} said={said} />;
    case "new":
      return <New turn={setWay} />;
    case "forgot":
      return <Forgot turn={setWay} />;
    default:
      return <Reset code="" done={() => setWay("in")} />;
  }
}

interface Props {
  turn: (way: Way) => void;
}

function In({ turn, said }: Props & { said: string | null }) {
  return (
    <Door title="Welcome to Parley" about="Sign in to go on where you left off.">
      <Form
        key="in"
        action="Sign in"
        said={said}
        submit={async (text) => {
          await client.login({ login: text("name"), password: text("password") });
          enter();
        }}
      >
        <NameField />
        <Field name="password" label="Password" type="password" required autoComplete="current-password" />
      </Form>
      <p class="door-turns">
        <span>
          {"New here? "}
          <button type="button" class="text-button" onClick={() => turn("new")}>
            Create an account
          </button>
        </span>
        <button type="button" class="text-button" onClick={() => turn("forgot")}>
          Forgot your password?
        </button>
      </p>
    </Door>
  );
}

function New({ turn }: Props) {
  return (
    <Door title="Create your account" about="A name and a password are all it takes.">
      <Form
        key="new"
        action="Create account"
        submit={async (text) => {
          await client.register(registration(text("name"), text("display_name"), text("password")));
          enter();
        }}
      >
        <NameField />
        <Field
          name="display_name"
          label="Your name, as others see it"
          hint="You can leave it out, and change it later."
          autoComplete="name"
          maxLength={80}
        />
        <NewPasswordField />
      </Form>
      <p class="door-turns">
        <span>
          {"You have an account? "}
          <button type="button" class="text-button" onClick={() => turn("in")}>
            Sign in
          </button>
        </span>
      </p>
    </Door>
  );
}

function Forgot({ turn }: Props) {
  return (
    <Door
      title="A new password"
      about="Give the e-mail address of your account, and a code for a new password is sent there."
    >
      <Form
        key="forgot"
        action="Send the code"
        submit={async (text) => {
          await client.api.forgotPassword(text("email"));
          turn("reset");
        }}
      >
        <Field
          name="email"
          label="E-mail"
          type="email"
          required
          autoFocus
          autoComplete="email"
          maxLength={254}
        />
      </Form>
      <p class="door-turns">
        <button type="button" class="text-button" onClick={() => turn("in")}>
          Back to signing in
        </button>
        <button type="button" class="text-button" onClick={() => turn("reset")}>
          I have a code
        </button>
      </p>
    </Door>
  );
}

/** Sets another password by a code; the address of this page, from a mail, may bring it. */
export function Reset({ code, done }: { code: string; done: () => void }) {
  return (
    <Door
      title="A new password"
      about="If the address is that of an account, a code is in a mail to it. It signs out all devices."
    >
      <Form
        key="reset"
        action="Set the password"
        submit={async (text) => {
          await client.api.resetPassword(text("code"), text("password"));
          say("Your password is set. Sign in with it.");
          done();
        }}
      >
        <Field
          name="code"
          label="Code"
          required
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellcheck={false}
          defaultValue={code}
          autoFocus={code === ""}
        />
        <NewPasswordField />
      </Form>
      <p class="door-turns">
        <button type="button" class="text-button" onClick={done}>
          Back to signing in
        </button>
      </p>
    </Door>
  );
}

function NameField() {
  return (
    <Field
      name="name"
      label="Username or e-mail"
      required
      autoFocus
      autoComplete="username"
      autoCapitalize="none"
      spellcheck={false}
      maxLength={254}
    />
  );
}

function enter(): void {
  if (!location.pathname.startsWith("/chat/")) go({ view: "home" }, { replace: true });
}

function registration(name: string, display_name: string, password: string) {
  const names = name.includes("@") ? { email: name } : { username: name };
  return { ...names, password, ...(display_name ? { display_name } : {}) };
}
