import * as z from "zod";
import { ask, script, type Answer } from "../../steps/command.ts";
import type { EvidenceOf } from "../evidence.ts";
import { sections } from "../sections.ts";
import { PATHS } from "./paths.ts";

/** One server of one proxy, as one balancer sees it. */
export const balancedServerSchema = z.strictObject({
  proxy: z.string(),
  server: z.string(),
  /** HAProxy's own words for what its checks say: "UP", "DOWN", "UP 1/2", "DRAIN", "MAINT". */
  status: z.string(),
  isUp: z.boolean(),
  /** What an operator set, whatever the checks say: of a drained server that is down, `status` is "DOWN". */
  admin: z.enum(["ready", "drain", "maint"]),
  sessions: z.number(),
  /** Since its status changed. */
  sinceSeconds: z.number(),
  /** What the last check said, "L4CON Connection refused"; "" where it passed. */
  check: z.string(),
});
export type BalancedServer = z.infer<typeof balancedServerSchema>;

export const haproxyEvidenceSchema = z.strictObject({
  version: z.string(),
  uptimeSeconds: z.number(),
  connections: z.number(),
  maxConnections: z.number(),
  servers: z.array(balancedServerSchema),
  /** To whom this balancer sends what is for the database; absent when it has nobody. */
  writer: z.string().optional(),
  /** Processes of before a reload that still hold sessions. */
  oldWorkers: z.array(z.strictObject({ pid: z.number(), uptime: z.string() })),
});
export type HaproxyEvidence = z.infer<typeof haproxyEvidenceSchema>;

/** Asked over the admin socket: what the checks know is nowhere else. The master's socket is Debian's unit's. */
export const haproxyEvidence: EvidenceOf<HaproxyEvidence> = {
  command: () => ask(script(LOOK, [PATHS.adminSocket, PATHS.masterSocket])),
  parse,
};

const LOOK = `
ask() { printf '%s\\n' "$2" | socat -t 5 - "UNIX-CONNECT:$1"; }
echo @info; ask "$1" 'show info'
echo @stat; ask "$1" 'show stat'
echo @state; ask "$1" 'show servers state'
echo @table; ask "$1" 'show table database'
echo @workers; ask "$2" 'show proc' || true`;

function parse({ code, stdout }: Answer): HaproxyEvidence | undefined {
  if (code !== 0) return undefined;
  const part = sections(stdout);
  const info = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(part("info"))?.[1] ?? "";
  const servers = parseServers(part("stat"), adminStates(part("state")));
  const stuck = /^0x\S+: key=1 .*server_key=(\S+)/m.exec(part("table"))?.[1];
  const writer = writerOf(servers, stuck);
  return {
    version: info("Version"),
    uptimeSeconds: Number(info("Uptime_sec")),
    connections: Number(info("CurrConns")),
    maxConnections: Number(info("Maxconn")),
    servers,
    ...(writer !== undefined && { writer }),
    oldWorkers: parseOldWorkers(part("workers")),
  };
}

/** management.txt of HAProxy, "show stat": CSV, its columns named in the first line. No field that we read is quoted. */
function parseServers(csv: string, admin: ReadonlyMap<string, BalancedServer["admin"]>): BalancedServer[] {
  const [head = "", ...lines] = csv.split("\n");
  const columns = head.replace(/^# /, "").split(",");
  return lines
    .map((line) => line.split(","))
    .map((values) => (name: string) => values[columns.indexOf(name)] ?? "")
    .filter((field) => !["", "FRONTEND", "BACKEND"].includes(field("svname")))
    .map((field) => {
      const status = field("status");
      const isUp = /^(UP|DRAIN|no check)/.test(status);
      return {
        proxy: field("pxname"),
        server: field("svname"),
        status,
        isUp,
        admin: admin.get(`${field("pxname")}/${field("svname")}`) ?? "ready",
        sessions: Number(field("scur")),
        sinceSeconds: Number(field("lastchg")),
        check: isUp ? "" : `${field("check_status")} ${field("last_chk")}`.trim(),
      };
    });
}

/** management.txt, "show servers state": srv_admin_state is a mask; 1, 2, 4 and 32 are maintenance, 8 and 16 drain. */
function adminStates(text: string): ReadonlyMap<string, BalancedServer["admin"]> {
  const rows = text.split("\n").map((line) => line.split(" "));
  return new Map(
    rows
      .filter((row) => /^\d+$/.test(row[0] ?? "") && row.length > 6)
      .map((row) => {
        const mask = Number(row[6]);
        return [`${row[1]}/${row[3]}`, mask & 0b100111 ? "maint" : mask & 0b11000 ? "drain" : "ready"];
      }),
  );
}

/** The remembered server while it can be used, else the first that can: HAProxy's order, active before backup. */
function writerOf(servers: readonly BalancedServer[], stuck: string | undefined): string | undefined {
  const usable = servers.filter(
    ({ proxy, isUp, admin }) => proxy === "database" && isUp && admin === "ready",
  );
  return (usable.find(({ server }) => server === stuck) ?? usable[0])?.server;
}

function parseOldWorkers(text: string): HaproxyEvidence["oldWorkers"] {
  const [, old = ""] = text.split(/^# old workers\n/m);
  return [...old.split(/^#/m)[0]!.matchAll(/^(\d+)\s+worker\s+\S+\s+(\S+)/gm)].map(([, pid, uptime]) => ({
    pid: Number(pid),
    uptime: uptime!,
  }));
}
