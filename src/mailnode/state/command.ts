import * as z from "zod";
import { LIMIT_ALGORITHMS, LONGEST_TTL_MS } from "../../contract/cluster-api.ts";
import { NODE_STATES, ROLES } from "../../contract/states.ts";
import { keyText as key, nameText as name, text } from "../../contract/text.ts";
import { CodecError } from "./codec-error.ts";

const MAX_VALUE_BYTES = 1024 * 1024;

/** A name, or nothing. */
const nameOrNone = text(0, 255);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= MAX_VALUE_BYTES);
const count = z.int().min(0);
const ttlMs = z.int().min(1).max(LONGEST_TTL_MS);
/** The version that must be there; 0: nothing may be there. */
const expect = count.optional();
/** Refused unless this lease is still held under this token. */
const fence = z.strictObject({ lease: name, token: count }).optional();
/** A person wrote it: it stands in the audit log. What nodes write among themselves all day would drown the rest. */
const audit = z.literal(true).optional();

export const PRIORITIES = ["high", "normal", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

const commands = [
  /** Lets the state's time move when nothing else is written. */
  z.strictObject({ type: z.literal("tick") }),
  z.strictObject({ type: z.literal("session.open") }),
  z.strictObject({
    type: z.literal("key.set"),
    key,
    value: bytes,
    ttlMs: ttlMs.optional(),
    priority: z.enum(PRIORITIES),
    expect,
    fence,
    audit,
  }),
  z.strictObject({ type: z.literal("key.delete"), key, expect, fence, audit }),
  z.strictObject({ type: z.literal("lease.acquire"), name, holder: name, ttlMs }),
  z.strictObject({ type: z.literal("lease.renew"), name, token: count, ttlMs }),
  z.strictObject({ type: z.literal("lease.release"), name, token: count }),
  z.strictObject({ type: z.literal("config.put"), name, content: bytes, expect }),
  z.strictObject({
    type: z.literal("node.report"),
    node: name,
    /** The id under which the node is a member of the log. */
    member: name.optional(),
    state: z.enum(NODE_STATES),
    /** 0 to 1: the part of what the node can do that it does. */
    load: z.number().min(0).max(1),
    sessions: count,
    maxSessions: count,
    weight: count.max(256),
    region: name.optional(),
    roles: z.array(name).max(16),
    endpoints: z.array(nameOrNone).max(16),
    /** The version of each configuration document that the node works by. */
    documents: z.record(nameOrNone, count),
  }),
  z.strictObject({ type: z.literal("node.remove"), node: name }),
  z.strictObject({
    type: z.literal("limit.define"),
    name,
    algorithm: z.enum(LIMIT_ALGORITHMS),
    limit: z.int().min(1).max(1_000_000_000),
    windowMs: z.int().min(200).max(86_400_000),
    burst: z.int().min(2).max(1_000_000_000).optional(),
    syncIntervalMs: z.int().min(50).max(60_000),
  }),
  z.strictObject({ type: z.literal("limit.remove"), name }),
  z.strictObject({
    type: z.literal("limit.grant"),
    limit: name,
    client: nameOrNone,
    node: name,
    need: z.int().min(1),
    want: z.int().min(1),
  }),
  z.strictObject({
    type: z.literal("limit.settle"),
    limit: name,
    client: nameOrNone,
    grant: count,
    used: count,
  }),
  z.strictObject({ type: z.literal("affinity.bind"), key, node: name, ttlMs, expect }),
  z.strictObject({ type: z.literal("affinity.unbind"), key }),
  z.strictObject({ type: z.literal("affinity.move"), from: name, to: z.array(name).min(1).max(1000) }),
  z.strictObject({
    type: z.literal("maintenance.enter"),
    node: name,
    drainTimeoutMs: count,
    graceful: z.boolean(),
    migrateSessions: z.boolean(),
  }),
  z.strictObject({ type: z.literal("maintenance.drained"), node: name, left: count }),
  z.strictObject({ type: z.literal("maintenance.exit"), node: name }),
  z.strictObject({
    type: z.literal("account.put"),
    name,
    role: z.enum(ROLES),
    /** SHA-256 of the token, in hexadecimal. */
    tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.strictObject({ type: z.literal("account.remove"), name }),
  /** An operation that is not itself a command: a change of voters, a transfer of leadership. */
  z.strictObject({
    type: z.literal("audit.record"),
    action: name,
    target: nameOrNone,
    /** Why it was not done, or that nobody knows; absent: it was. */
    outcome: name.optional(),
  }),
] as const;

const schema = z.discriminatedUnion("type", commands);

/** What can be asked of the replicated state. */
export type Command = z.infer<typeof schema>;
export type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** Reads a command. Throws CodecError for anything that breaks a rule of the schema. */
export function parseCommand(value: unknown): Command {
  const result = schema.safeParse(value);
  if (!result.success) throw new CodecError(`a command breaks its rules: ${z.prettifyError(result.error)}`);
  return result.data;
}
