import { createConnection } from "node:net";
import { get } from "node:https";
import { PORTS } from "../../src/contract/ports.ts";
import { exec, type Lab } from "../../src/toolkit/lab/lab.ts";
import type { Tier } from "./record.ts";

/** One question: when it was asked, when it ended, whether the answer was good. By the clock that all machines share. */
export interface Try {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly isGood: boolean;
}

export interface Probe {
  /** All that was asked and has ended until now. */
  tries(): Promise<readonly Try[]>;
  stop(): Promise<void>;
}

const EVERY_MS = 50;
const TIMEOUT_MS = 1_000;

/** Asks for a tier again and again: on a new connection each time, as a client does that knows only the address. */
export async function startProbe(tier: Tier, lab: Lab, from: string): Promise<Probe> {
  const vip = lab.state.topology.network.vip;
  if (tier === "vip") return outside((end) => askConsole(vip, end));
  if (tier === "mail") return outside((end) => askGreeting(vip, end));
  return inside(tier, lab, from);
}

function outside(ask: (end: (isGood: boolean) => void) => void): Probe {
  const tries: Try[] = [];
  const timer = setInterval(() => {
    const startedMs = Date.now();
    let isOver = false;
    ask((isGood) => {
      if (!isOver) tries.push({ startedMs, endedMs: Date.now(), isGood });
      isOver = true;
    });
  }, EVERY_MS);
  return { tries: async () => [...tries], stop: async () => clearInterval(timer) };
}

/** HAProxy itself answers: any answer is good. */
function askConsole(host: string, end: (isGood: boolean) => void): void {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const options = { host, port: PORTS.console, agent: false, rejectUnauthorized: false, signal };
  get(options, (response) => {
    response.resume().on("error", () => undefined);
    end(true);
  }).on("error", () => end(false));
}

/** A mail node greets with 220. */
function askGreeting(host: string, end: (isGood: boolean) => void): void {
  const socket = createConnection({ host, port: PORTS.smtp });
  const over = (isGood: boolean) => {
    end(isGood);
    socket.destroy();
  };
  socket.setTimeout(TIMEOUT_MS, () => over(false));
  socket.on("data", (data) => over(data.toString("latin1").startsWith("220")));
  socket.on("error", () => over(false)).on("close", () => end(false));
}

/*
 * Database and cache are open to mail machines only, so one of those asks. It writes down a line per try; passwords stay
 * where they are.
 */
const LOOP = `
tier=$1 vip=$2
probe=/run/bench-probe-$tier
: > "$probe"
: > "$probe.log"
config=/etc/mailbastion/mbnode.json
field() { sed -n "/\\"$1\\": {/,/}/s/.*\\"$2\\": \\"\\(.*\\)\\".*/\\1/p" "$config" | head -n 1; }
REDISCLI_AUTH=$(field redis password)
MYSQL_PWD=$(field database password)
export REDISCLI_AUTH MYSQL_PWD
user=$(field database user) name=$(field database name)
ask() {
  if [ "$tier" = cache ]; then
    [ "$(timeout 1 redis-cli -h "$vip" -p ${PORTS.cache} SET bench "$1" 2> /dev/null)" = OK ]
  else
    timeout 1 mariadb --no-defaults -h "$vip" -u "$user" --connect-timeout=1 -e "REPLACE INTO bench VALUES (1, $1)" "$name" > /dev/null 2>&1
  fi
}
if [ "$tier" = writer ]; then
  mariadb --no-defaults -h "$vip" -u "$user" -e "CREATE TABLE IF NOT EXISTS bench (id INT PRIMARY KEY, at BIGINT)" "$name"
fi
while [ -e "$probe" ]; do
  begun=$(date +%s%3N)
  if ask "$begun"; then good=1; else good=0; fi
  printf '%s %s %s\\n' "$begun" "$(date +%s%3N)" "$good" >> "$probe.log"
  sleep 0.03
done`;

async function inside(tier: Tier, lab: Lab, from: string): Promise<Probe> {
  const { vip } = lab.state.topology.network;
  await exec(lab, from, [
    "sh",
    "-c",
    'setsid sh -c "$1" sh "$2" "$3" > /dev/null 2>&1 < /dev/null &',
    "sh",
    LOOP,
    tier,
    vip,
  ]);
  const probe = `/run/bench-probe-${tier}`;
  return {
    tries: async () => {
      const { stdout } = await exec(lab, from, ["cat", `${probe}.log`]);
      return stdout
        .split("\n")
        .filter((line) => /^\d+ \d+ [01]$/.test(line))
        .map((line) => line.split(" ").map(Number))
        .map(([startedMs, endedMs, good]) => ({
          startedMs: startedMs!,
          endedMs: endedMs!,
          isGood: good === 1,
        }));
    },
    stop: async () => void (await exec(lab, from, ["rm", "-f", probe])),
  };
}
