import * as z from "zod";
import { CONSISTENCY_LEVELS } from "./cluster-api.ts";

/**
 * What can go wrong with a request, each with its status code. "definite": nothing was changed, and nothing will be;
 * the others say in their title what is known.
 */
export const PROBLEMS = {
  malformed: { status: 400, title: "The request cannot be read" },
  unauthenticated: { status: 401, title: "No valid token came with the request" },
  forbidden: { status: 403, title: "The account's role does not allow this" },
  "not-found": { status: 404, title: "There is no such thing" },
  "method-not-allowed": { status: 405, title: "The resource does not know this method" },
  conflict: { status: 409, title: "The state as it is does not allow this" },
  "version-mismatch": { status: 409, title: "Somebody else has written since" },
  "too-large": { status: 413, title: "The request is larger than may be" },
  "unsupported-media-type": { status: 415, title: "The body is not JSON" },
  invalid: { status: 422, title: "The request breaks rules" },
  "too-many-requests": { status: 429, title: "Too many requests of this kind" },
  internal: { status: 500, title: "A fault of the node" },
  "not-proposed": { status: 503, title: "The cluster did not take it: nothing was done" },
  "not-recorded": { status: 500, title: "It is done; what should tell of it may be missing" },
  "outcome-unknown": { status: 504, title: "Nobody knows whether it was done" },
  "level-not-met": { status: 507, title: "Committed, on fewer disks than were asked for" },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;
export type ProblemCode = keyof typeof PROBLEMS;

/** What a problem's `type` begins with; its code follows. */
export const PROBLEM_TYPE = "urn:mailbastion:problem:";

const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** The body of every answer that is no success, as application/problem+json (RFC 9457). */
export const problemSchema = z.strictObject({
  type: z.templateLiteral([PROBLEM_TYPE, z.enum(codes)]),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  /** What to do about it. */
  remedy: z.string(),
  /** Also in the header X-Request-Id and in the node's log. */
  requestId: z.string(),
  /** Why exactly, in a word: the state's code of a refusal, or why nobody took the request. */
  reason: z.string().optional(),
  retryAfterMs: z.int().min(0).optional(),
  /** Every rule that the request breaks, and where. */
  faults: z.array(z.strictObject({ path: z.string(), rule: z.string() })).optional(),
  /** With level-not-met: how many disks have it, and what was asked for. */
  replicas: z.int().min(0).optional(),
  level: z.enum(CONSISTENCY_LEVELS).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** The code of a problem's type. */
export function problemCode(problem: Pick<Problem, "type">): ProblemCode {
  return problem.type.slice(PROBLEM_TYPE.length) as ProblemCode;
}
