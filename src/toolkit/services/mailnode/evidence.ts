import * as z from "zod";
import { RELEASE } from "../../../contract/release-layout.ts";
import { ask, script, type Answer } from "../../steps/command.ts";
import type { EvidenceOf } from "../evidence.ts";
import { sections } from "../sections.ts";
import { mailClusterSchema } from "./members.ts";
import { PATHS } from "./names.ts";
import { NODE_SAYS } from "./node-says.ts";

const outcome = z.object({ status: z.string(), reason: z.string().optional() });

/** What counts of a node's answer about its health. A node of a later release may say more. */
const answerSchema = z.object({
  status: z.string(),
  version: z.string(),
  checks: z.object({
    database: outcome.optional(),
    redis: outcome.optional(),
    services: z.record(z.string(), outcome),
  }),
  cluster: mailClusterSchema.optional().catch(undefined),
});

export const mailNodeEvidenceSchema = z.strictObject({
  /** The release that runs, and the one that the link names; they differ between an upload and a restart. */
  running: z.string(),
  current: z.string(),
  version: z.string(),
  /** Takes mail. */
  isReady: z.boolean(),
  isDraining: z.boolean(),
  isHealthy: z.boolean(),
  /** What fails, each as "database: ECONNREFUSED". */
  failures: z.array(z.string()),
  queue: z.strictObject({
    messages: z.number(),
    /** Accepted longer ago than an hour. */
    old: z.number(),
    /** Accepted in the last ten minutes. */
    recent: z.number(),
    /** Since the oldest was accepted; 0 for an empty queue. */
    oldestSeconds: z.number(),
    /** Messages that could neither be delivered nor returned. */
    failed: z.number(),
  }),
  /** What it says of the mail nodes' cluster; absent where it says nothing, or nothing that can be understood. */
  cluster: mailClusterSchema.optional(),
});
export type MailNodeEvidence = z.infer<typeof mailNodeEvidenceSchema>;

export const mailNodeEvidence: EvidenceOf<MailNodeEvidence> = {
  command: () => ask(script(LOOK, [PATHS.program, RELEASE.running, RELEASE.current, PATHS.queue])),
  parse,
};

/**
 * Messages are files that nothing changes once they are accepted, so their time is that of the acceptance; a state of
 * delivery lies beside each. The queue is counted on disk: a node that hangs has one too.
 */
const LOOK = `${NODE_SAYS}
count() { folder=$1; shift; find "$folder" -maxdepth 1 -type f ! -name '*.state*' "$@" 2>/dev/null | wc -l; }
echo @running; cat "$2" 2>/dev/null || true
echo @current; basename "$(readlink "$3" || true)"
echo @queue; count "$4/queue"; count "$4/queue" -mmin +60; count "$4/queue" -mmin -10; count "$4/failed"
echo @oldest; find "$4/queue" -maxdepth 1 -type f ! -name '*.state*' -printf '%T@\\n' 2>/dev/null | sort -n | head -n 1
echo @now; date +%s
echo @health; node_says "$1"`;

function parse({ code, stdout }: Answer): MailNodeEvidence | undefined {
  const part = sections(stdout);
  if (code !== 0) return undefined;
  const health = answerSchema.safeParse(parseJson(part("health"))).data;
  const { database, redis, services } = health?.checks ?? {};
  const failures = Object.entries({ database, redis, ...services }).flatMap(([name, outcome]) =>
    outcome?.status === "failed" ? [`${name}: ${outcome.reason ?? "no reason given"}`] : [],
  );
  const [messages = 0, old = 0, recent = 0, failed = 0] = part("queue").trim().split("\n").map(Number);
  const oldest = Number(part("oldest").trim() || part("now"));
  return {
    running: part("running").trim(),
    current: part("current").trim(),
    version: health?.version ?? "",
    isReady: services?.["smtp"]?.status === "ok" && services["queue"]?.status === "ok",
    isDraining: failures.includes("smtp: draining"),
    isHealthy: health?.status === "healthy",
    failures: health ? failures : ["the node does not answer"],
    queue: {
      messages,
      old,
      recent,
      oldestSeconds: Math.max(0, Math.round(Number(part("now")) - oldest)),
      failed,
    },
    ...(health?.cluster && { cluster: health.cluster }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
