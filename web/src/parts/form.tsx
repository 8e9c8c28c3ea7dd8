/** Forms: fields with their labels, one button, and in words what went wrong. */

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { because } from "./notices";

/** What is in a field of this name; trimmed, unless it is a password. */
export type Texts = (name: string) => string;

interface FormProps {
  action: string;
  /** How the button looks. */
  look?: "main" | "danger" | "";
  /** What is wrong before anything was tried. */
  said?: string | null;
  /** Rejects with what went wrong. */
  submit: (text: Texts) => Promise<unknown>;
  /** Whether the fields are empty again once it worked. */
  clears?: boolean;
  children?: ComponentChildren;
}

export function Form({ action, look = "main", said = null, submit, clears, children }: FormProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(said);
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    setBusy(true);
    setProblem(null);
    try {
      await submit((name) => {
        const text = String(given.get(name) ?? "");
        return /password/.test(name) ? text : text.trim();
      });
      if (clears) form.reset();
    } catch (error) {
      setProblem(because(error));
    }
    setBusy(false);
  };
  return (
    <form class="form" onSubmit={onSubmit}>
      {children}
      {problem && <Problem text={problem} />}
      <div class="form-end">
        <button class={`button ${look}`} type="submit" disabled={busy}>
          {busy ? "One moment…" : action}
        </button>
      </div>
    </form>
  );
}

type FieldProps = JSX.IntrinsicElements["input"] & { name: string; label: string; hint?: string };

export function Field({ label, hint, ...input }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input class="input" {...input} />
      {hint && <small>{hint}</small>}
    </label>
  );
}

export function NewPasswordField({ name = "password", label = "Password" }) {
  return (
    <Field
      name={name}
      label={label}
      hint="At least 8 characters."
      type="password"
      required
      minLength={8}
      maxLength={256}
      autoComplete="new-password"
    />
  );
}

export function Problem({ text }: { text: string }) {
  return (
    <p class="form-error" role="alert">
      {text}
    </p>
  );
}
