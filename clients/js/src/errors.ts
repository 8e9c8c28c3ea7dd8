/** Why something did not work: the server's refusal, or that it was not reached. */

import type { Json, Problem } from "./wire.js";

/** Codes of refusals that leave it open whether the command is in the log; the same `client_id` finds out. */
const OPEN = new Set(["unavailable", "draining", "rate_limited", "internal", "unreachable"]);
/** Codes that say that this session is over, or never was. */
const OVER = new Set(["unauthenticated", "session_revoked", "token_expired"]);

export class ParleyError extends Error {
  readonly code: string;
  readonly details: Json;

  constructor({ code, message, details }: Problem, options?: ErrorOptions) {
    super(message, options);
    this.name = "ParleyError";
    this.code = code;
    this.details = details ?? {};
  }

  /** Whether trying again, with the same `client_id`, is the way to go on. */
  get open(): boolean {
    return OPEN.has(this.code);
  }

  /** Whether there is no session (any more) that would be let in. */
  get unauthenticated(): boolean {
    return OVER.has(this.code);
  }

  /** For how many seconds the server asks to wait; 0 where it does not say. */
  get retryAfter(): number {
    const seconds = this.details.retry_after;
    return typeof seconds === "number" ? seconds : 0;
  }
}

export function unreachable(cause?: unknown): ParleyError {
  const message = "The server can't be reached right now.";
  return new ParleyError({ code: "unreachable", message }, { cause });
}

/** A problem as it came from the server, whatever its shape. */
export function refused(problem: unknown): ParleyError {
  if (typeof problem === "object" && problem !== null && "code" in problem) {
    const { code, message, details } = problem as Partial<Problem>;
    return new ParleyError({
      code: String(code),
      message: String(message ?? code),
      details: details ?? {},
    });
  }
  return new ParleyError({ code: "internal", message: "The server gave an answer that makes no sense." });
}

export function asError(reason: unknown): ParleyError {
  if (reason instanceof ParleyError) return reason;
  const message = reason instanceof Error ? reason.message : String(reason);
  return new ParleyError({ code: "internal", message }, { cause: reason });
}
