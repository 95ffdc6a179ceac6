/** Why something failed, as a person asks: was nobody there, was it told no, or did it not answer? */
export type FailureKind = "refused" | "4xx" | "5xx" | "reset" | "timeout" | "other";

export const FAILURE_KINDS: readonly FailureKind[] = ["refused", "4xx", "5xx", "reset", "timeout", "other"];

/** A server's answer that says no: the code of SMTP (RFC 5321, 4.2.1) or of HTTP (RFC 9110, 15). */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.name = "Refusal";
    this.code = code;
  }
}

/** An answer did not come in time. */
export class TimedOut extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms / 1000} s`);
    this.name = "TimedOut";
  }
}

const NOBODY_THERE = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"]);
const BROKEN_OFF = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "ERR_STREAM_PREMATURE_CLOSE"]);

export function failureKind(error: unknown): FailureKind {
  if (error instanceof TimedOut) return "timeout";
  if (error instanceof Refusal) {
    const digit = Math.floor(error.code / 100);
    return digit === 4 ? "4xx" : digit === 5 ? "5xx" : "other";
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ETIMEDOUT") return "timeout";
  if (code !== undefined && NOBODY_THERE.has(code)) return "refused";
  return code !== undefined && BROKEN_OFF.has(code) ? "reset" : "other";
}
