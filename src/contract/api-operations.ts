/** Every operation of the admin API: what it takes, who may, what it answers. Server, client and OpenAPI file read it. */
import * as z from "zod";
import type { ProblemCode } from "./api-problem.ts";
import * as api from "./cluster-api.ts";
import type { AccountRole } from "./states.ts";
import { keyText as key, nameText as name } from "./text.ts";

export const API_ROOT = "/api/cluster";

export interface ApiOperation {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Below API_ROOT. */
  readonly path: string;
  /** The least that may. */
  readonly role: AccountRole;
  readonly summary: string;
  readonly query: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answers: Readonly<Record<number, { readonly says: string; readonly schema: z.ZodType }>>;
  /** Besides those that any operation may answer with; see problemsOf. */
  readonly problems: readonly ProblemCode[];
}

/** Numbers of a query come as text. */
const count = z.coerce.number<string>().int().min(0).max(Number.MAX_SAFE_INTEGER);
const level = z.enum(api.CONSISTENCY_LEVELS).default("quorum");
const consistency = z.enum(api.CONSISTENCIES).default("linearizable");

const nothing = z.strictObject({});
const read = z.strictObject({ consistency });
/** What every change may come to. */
const OF_CHANGES = ["conflict", "outcome-unknown"] as const;
/** What is done by the log itself is written down afterwards. */
const OF_THE_LOG = [...OF_CHANGES, "not-recorded"] as const;

function answer<Schema extends z.ZodType>(
  schema: Schema,
  says: string,
): { readonly 200: { readonly says: string; readonly schema: Schema } } {
  return { 200: { says, schema } };
}

const written = {
  200: { says: "It is committed.", schema: api.writtenSchema },
  202: {
    says: "The leader has it, fewer than a quorum do: it may be lost with him.",
    schema: api.writtenSchema,
  },
};

export const API_OPERATIONS = {
  getStatus: {
    method: "GET",
    path: "/status",
    role: "viewer",
    summary: "How the cluster is, as the node that answers sees it",
    query: nothing,
    answers: answer(api.clusterStatusSchema, "The node's view; it answers without a quorum too."),
    problems: [],
  },
  getNodes: {
    method: "GET",
    path: "/nodes",
    role: "viewer",
    summary: "Every node of the registry, with state and load",
    query: read,
    answers: answer(api.clusterNodesSchema, "Sorted by name."),
    problems: [],
  },
  getState: {
    method: "GET",
    path: "/state",
    role: "viewer",
    summary: "One replicated key; waits for its next version when told to",
    query: z.strictObject({
      key,
      consistency,
      /** With waitMs: answer once the key has another version than this; 0: once it is there. */
      after: count.optional(),
      waitMs: count.max(60_000).optional(),
    }),
    answers: answer(api.stateEntrySchema, "The value, in base64, and its version."),
    problems: [],
  },
  putState: {
    method: "PUT",
    path: "/state",
    role: "operator",
    summary: "Write a key, on as many disks as the level says",
    query: nothing,
    body: api.statePutSchema,
    answers: written,
    problems: ["version-mismatch", ...OF_CHANGES, "level-not-met"],
  },
  deleteState: {
    method: "DELETE",
    path: "/state",
    role: "operator",
    summary: "Delete a key",
    query: z.strictObject({ key, level, expect: count.optional() }),
    answers: written,
    problems: ["version-mismatch", ...OF_CHANGES, "level-not-met"],
  },
  getMaintenance: {
    method: "GET",
    path: "/maintenance",
    role: "viewer",
    summary: "Which nodes are out of service, or on their way there",
    query: read,
    answers: answer(api.maintenanceListSchema, "Sorted by name; empty when all serve."),
    problems: [],
  },
  postMaintenance: {
    method: "POST",
    path: "/maintenance",
    role: "operator",
    summary: "Take a node out of service, or back",
    query: nothing,
    body: api.maintenancePostSchema,
    answers: answer(api.maintenanceListSchema, "The mark is set or gone; the node drains by itself."),
    problems: OF_CHANGES,
  },
  getConfig: {
    method: "GET",
    path: "/config",
    role: "viewer",
    summary: "A configuration document, and which version of it each node works by",
    query: z.strictObject({ name, consistency }),
    answers: answer(api.configViewSchema, "The newest version."),
    problems: [],
  },
  putConfig: {
    method: "PUT",
    path: "/config",
    role: "admin",
    summary: "Give a configuration document to all nodes",
    query: nothing,
    body: api.configPutSchema,
    answers: answer(api.configVersionSchema, "It is decided; nodes take it over by themselves."),
    problems: ["version-mismatch", ...OF_CHANGES],
  },
  getMembers: {
    method: "GET",
    path: "/members",
    role: "viewer",
    summary: "Who votes, learns or witnesses",
    query: nothing,
    answers: answer(api.membersSchema, "The node's view; it answers without a quorum too."),
    problems: [],
  },
  postMembers: {
    method: "POST",
    path: "/members",
    role: "admin",
    summary: "Take a node in, let it vote, take it out, or put it in the place of its former self",
    query: nothing,
    body: api.membersPostSchema,
    answers: answer(api.membersSchema, "The membership is committed."),
    problems: OF_THE_LOG,
  },
  getLeader: {
    method: "GET",
    path: "/leader",
    role: "viewer",
    summary: "Who leads, as far as the node that answers knows",
    query: nothing,
    answers: answer(api.leaderSchema, "Null while there is none."),
    problems: [],
  },
  postLeader: {
    method: "POST",
    path: "/leader",
    role: "operator",
    summary: "Hand the leadership to another node",
    query: nothing,
    body: api.leaderPostSchema,
    answers: answer(api.leaderSchema, "The new leader leads."),
    problems: OF_THE_LOG,
  },
  getAccounts: {
    method: "GET",
    path: "/accounts",
    role: "admin",
    summary: "Who may do what",
    query: read,
    answers: answer(api.accountsSchema, "Sorted by name, without tokens."),
    problems: [],
  },
  putAccount: {
    method: "PUT",
    path: "/accounts",
    role: "admin",
    summary: "Make an account, or give one a new role and token",
    query: nothing,
    body: api.accountSchema,
    answers: answer(api.grantedSchema, "With the token, which cannot be read again."),
    problems: OF_CHANGES,
  },
  deleteAccount: {
    method: "DELETE",
    path: "/accounts",
    role: "admin",
    summary: "Take an account away; its token is of no use from then on",
    query: z.strictObject({ name }),
    answers: answer(api.accountsSchema, "The accounts that are left."),
    problems: OF_CHANGES,
  },
  getAudit: {
    method: "GET",
    path: "/audit",
    role: "viewer",
    summary: "Who did what to the cluster, and what came of it",
    query: z.strictObject({
      consistency,
      /** Only what came after this index. */
      after: count.optional(),
      actor: name.optional(),
      action: name.optional(),
      /** So many of what was found: with `after` the oldest, so that a reader who goes on misses nothing, else the newest. */
      limit: count.min(1).max(4096).default(1000),
    }),
    answers: answer(
      api.auditSchema,
      "Oldest first: with `after` the first `limit` records that came after it, else the last ones.",
    ),
    problems: [],
  },
} as const satisfies Record<string, ApiOperation>;

export type OperationId = keyof typeof API_OPERATIONS;
export type QueryOf<Id extends OperationId> = z.output<(typeof API_OPERATIONS)[Id]["query"]>;
export type BodyOf<Id extends OperationId> = (typeof API_OPERATIONS)[Id] extends {
  readonly body: infer Body extends z.ZodType;
}
  ? z.output<Body>
  : undefined;

/** What any operation may answer with besides its own problems: a node may be in no cluster, or a witness. */
const COMMON = [
  "malformed",
  "unauthenticated",
  "forbidden",
  "not-found",
  "invalid",
  "too-many-requests",
  "internal",
  "not-proposed",
] as const satisfies readonly ProblemCode[];

/** Every problem that an operation may answer with. */
export function problemsOf({ body, problems }: ApiOperation): readonly ProblemCode[] {
  return [...COMMON, ...(body ? (["too-large", "unsupported-media-type"] as const) : []), ...problems];
}
