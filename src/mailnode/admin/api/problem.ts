import { PROBLEM_TYPE, PROBLEMS, type Problem, type ProblemCode } from "../../../contract/api-problem.ts";
import { UserError } from "../../../support/errors.ts";
import { NotRecorded } from "../../cluster/audit.ts";
import { LevelNotMet, NotProposed, OutcomeUnknown } from "../../cluster/consensus.ts";
import { Refused } from "../../cluster/replica.ts";
import type { RefusalCode } from "../../state/result.ts";

type Details = Pick<Problem, "reason" | "retryAfterMs" | "faults" | "replicas" | "level">;

/** An answer that is no success. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly remedy: string;
  readonly details: Details;

  constructor(code: ProblemCode, detail: string, remedy: string, details: Details = {}) {
    super(detail);
    this.name = "ProblemError";
    this.code = code;
    this.remedy = remedy;
    this.details = details;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  /** As it is sent (RFC 9457). */
  body(requestId: string): Problem {
    const { title, status } = PROBLEMS[this.code];
    return {
      type: `${PROBLEM_TYPE}${this.code}`,
      title,
      status,
      detail: this.message,
      remedy: this.remedy,
      requestId,
      ...this.details,
    };
  }
}

/** When it may be worth trying again while nobody leads: an election takes about that long. */
const ELECTION_MS = 1000;

/** What any error is to the one who asked; only faults of ours are hidden from him. The one place that decides it. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof Refused) return refused(error);
  if (error instanceof NotProposed) return notProposed(error);
  if (error instanceof OutcomeUnknown)
    return new ProblemError(
      "outcome-unknown",
      error.message,
      "look what stands there now; write with `expect`, so that a second try cannot be done twice",
    );
  if (error instanceof NotRecorded)
    return new ProblemError(
      "not-recorded",
      error.message,
      "nothing has to be done again; to ask once more does no harm, and clears away what was left",
    );
  if (error instanceof LevelNotMet) {
    const { level, accepted } = error;
    const remedy = "nothing has to be sent again; see which members are behind";
    return new ProblemError("level-not-met", error.message, remedy, { level, replicas: accepted.replicas });
  }
  if (error instanceof UserError) {
    const code = error.code === "CLUSTER_MEMBER_UNKNOWN" ? "not-found" : "conflict";
    return new ProblemError(code, error.message, error.remedy, { reason: error.code });
  }
  return new ProblemError(
    "internal",
    "the node met a fault of its own",
    "look for the request's id in its log",
  );
}

const OF_REFUSALS: Partial<Record<RefusalCode, readonly [ProblemCode, string]>> = {
  NOT_FOUND: ["not-found", "name one that is there"],
  VERSION_MISMATCH: ["version-mismatch", "read it again, and write what follows from that"],
  MALFORMED: ["invalid", "mend what the rule names"],
  IN_MAINTENANCE: ["conflict", "nothing has to be done, or take it back into service first"],
  LAST_ADMIN: ["conflict", "make another admin first"],
  TABLE_FULL: ["conflict", "delete what nobody needs any more"],
};

function refused({ message, refusal }: Refused): ProblemError {
  const [code, remedy] = OF_REFUSALS[refusal.code] ?? ["conflict", "look at the state as it is, then decide"];
  const { retryAfterMs } = refusal;
  return new ProblemError(code, message, remedy, {
    reason: refusal.code,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function notProposed({ message, reason }: NotProposed): ProblemError {
  if (reason === "too-large")
    return new ProblemError("too-large", "a command is at most 1 MiB", "write less at a time", { reason });
  const remedy =
    reason === "no-leader"
      ? "try again; while no quorum is there, read with consistency=stale from this node alone"
      : "try again";
  return new ProblemError("not-proposed", message, remedy, { reason, retryAfterMs: ELECTION_MS });
}
