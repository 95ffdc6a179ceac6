import * as z from "zod";
import { PORTS } from "../../../contract/ports.ts";
import { ask, script, type Answer } from "../../steps/command.ts";
import type { EvidenceOf } from "../evidence.ts";
import { CONFIG_PATH, PRESENT_PASSWORD } from "./names.ts";

export const redisEvidenceSchema = z.strictObject({
  version: z.string(),
  role: z.enum(["master", "replica"]),
  /** How many bytes of the master's history it has. */
  offset: z.number(),
  /** Of a replica. */
  master: z.strictObject({ address: z.string(), isLinked: z.boolean(), isSyncing: z.boolean() }).optional(),
  /** Of a master: who follows it, and how many bytes behind. */
  replicas: z.array(
    z.strictObject({ address: z.string(), state: z.string(), behind: z.number(), lagSeconds: z.number() }),
  ),
  /** Of a master: replicas fresh enough to count, or all that follow where it needs none. Below the number that it needs it takes no writes. */
  freshReplicas: z.number(),
  usedMemory: z.number(),
  connections: z.number(),
  /** Whether the last write and the last rewrite of its log reached the disk. */
  isPersisting: z.boolean(),
});
export type RedisEvidence = z.infer<typeof redisEvidenceSchema>;

export const redisEvidence: EvidenceOf<RedisEvidence> = {
  command: (_topology, machine) => ask(script(LOOK, [machine.address, String(PORTS.cache), CONFIG_PATH])),
  parse,
};

const LOOK = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
timeout 5 redis-cli -h "$1" -p "$2" INFO | tr -d '\\r'`;

/** redis.io/commands/info: "name:value" lines. */
function parse({ stdout }: Answer): RedisEvidence | undefined {
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, "m").exec(stdout)?.[1] ?? "";
  const role = field("role");
  if (role !== "master" && role !== "slave") return undefined;
  const offset = Number(field("master_repl_offset"));
  const replicas = [
    ...stdout.matchAll(/^slave\d+:ip=([^,]+),port=\d+,state=([^,]+),offset=(\d+),lag=(-?\d+)/gm),
  ].map(([, address, state, theirs, lag]) => ({
    address: address!,
    state: state!,
    behind: Math.max(0, offset - Number(theirs)),
    lagSeconds: Number(lag),
  }));
  const fresh = field("min_slaves_good_slaves");
  return {
    version: field("redis_version"),
    role: role === "master" ? "master" : "replica",
    offset: role === "master" ? offset : Number(field("slave_repl_offset")),
    ...(role === "slave" && {
      master: {
        address: field("master_host"),
        isLinked: field("master_link_status") === "up",
        isSyncing: field("master_sync_in_progress") !== "0",
      },
    }),
    replicas,
    // It counts them only where it needs any.
    freshReplicas: fresh === "" ? replicas.filter(({ state }) => state === "online").length : Number(fresh),
    usedMemory: Number(field("used_memory")),
    connections: Number(field("connected_clients")),
    isPersisting: field("aof_last_write_status") !== "err" && field("aof_last_bgrewrite_status") !== "err",
  };
}
