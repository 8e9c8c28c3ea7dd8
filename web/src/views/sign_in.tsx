/** Signing in, and making an account. */

import type { ParleyError } from "parley-client";
import { useState } from "preact/hooks";
import { client } from "../client";
import { because } from "../parts/notices";
import { go } from "../router";

export function SignIn({ reason }: { reason: ParleyError | undefined }) {
  const [fresh, setFresh] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(reason ? `You were signed out: ${reason.message}` : null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const password = String(form.get("password") ?? "");
    setBusy(true);
    setProblem(null);
    try {
      if (fresh) await client.register(registration(text("name"), text("display_name"), password));
      else await client.login({ login: text("name"), password });
      if (!location.pathname.startsWith("/chat/")) go({ view: "home" }, { replace: true });
    } catch (error) {
      setProblem(because(error));
      setBusy(false);
    }
  };

  return (
    <main class="door">
      <div class="door-card">
        <header>
          <img src="/icon.svg" alt="" />
          <h1>{fresh ? "Create your account" : "Welcome to Parley"}</h1>
          <p>{fresh ? "A name and a password are all it takes." : "Sign in to go on where you left off."}</p>
        </header>
        <form class="form" onSubmit={submit}>
          <label class="field">
            <span>{fresh ? "Username or e-mail" : "Username or e-mail"}</span>
            <input
              class="input"
              name="name"
              required
              autoFocus
              autoComplete="username"
              autoCapitalize="none"
              spellcheck={false}
              maxLength={254}
            />
          </label>
          {fresh && (
            <label class="field">
              <span>Your name, as others see it</span>
              <input class="input" name="display_name" autoComplete="name" maxLength={80} />
              <small>You can leave it out, and change it later.</small>
            </label>
          )}
          <label class="field">
            <span>Password</span>
            <input
              class="input"
              name="password"
              type="password"
              required
              minLength={fresh ? 8 : 1}
              maxLength={256}
              autoComplete={fresh ? "new-password" : "current-password"}
            />
            {fresh && <small>At least 8 characters.</small>}
          </label>
          {problem && (
            <p class="form-error" role="alert">
              {problem}
            </p>
          )}
          <button class="button main" type="submit" disabled={busy}>
            {busy ? "One moment…" : fresh ? "Create account" : "Sign in"}
          </button>
        </form>
        <p class="hint" style={{ textAlign: "center" }}>
          {fresh ? "You have an account? " : "New here? "}
          <button
            type="button"
            class="text-button"
            onClick={() => {
              setFresh(!fresh);
              setProblem(null);
            }}
          >
            {fresh ? "Sign in" : "Create an account"}
          </button>
        </p>
      </div>
    </main>
  );
}

function registration(name: string, display_name: string, password: string) {
  const names = name.includes("@") ? { email: name } : { username: name };
  return { ...names, password, ...(display_name ? { display_name } : {}) };
}
