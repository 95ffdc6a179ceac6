import type { BalancedServer } from "../../services/haproxy/evidence.ts";
import { critical, note, warning, type Finding } from "../finding.ts";
import { ago } from "../lengths.ts";
import { having, isAway, isDrained, listed, type Rules, type View } from "../view.ts";

/** A balancer needs this long, at most, to see that a server is back: rise, interval, and an answer kept for a while. */
const SETTLING_SECONDS = 60;
const MARGIN_SECONDS = 60;

/** What each balancer sees, and whether they see the same. */
export const balancerRules: Rules = (view) => [
  ...nobodyServes(view),
  ...downServers(view),
  ...writers(view),
  ...limits(view),
];

/** Of the cache exactly one server is up, the master; everywhere else at least one must be. */
function nobodyServes(view: View): readonly Finding[] {
  return having(view, "haproxy").flatMap(({ machine: { machine }, found }) =>
    [...Map.groupBy(found.servers, ({ proxy }) => proxy)].flatMap(([proxy, servers]) => {
      const usable = servers.filter(({ isUp, admin }) => isUp && admin === "ready");
      const evidence = servers.map((server) => line(machine, server));
      if (usable.length === 0)
        return [
          critical({
            rule: "listener-dead",
            machines: [machine],
            finding: `HAProxy on ${machine} has nobody to send ${proxy} to`,
            cause: servers
              .map(({ server, check, admin }) => `${server}: ${admin === "ready" ? check : admin}`)
              .join("; "),
            remedy: "mbctl doctor",
            evidence,
          }),
        ];
      if (proxy === "cache" && usable.length > 1)
        return [
          critical({
            rule: "cache-two-up",
            machines: [machine],
            finding: `HAProxy on ${machine} takes ${listed(usable.map(({ server }) => server))} for the Redis master at once`,
            cause: "both have a replica that follows them: the cache is split",
            remedy: "mbctl doctor, which says whom the Sentinels name",
            evidence,
          }),
        ];
      return [];
    }),
  );
}

/** One sentence per machine that is held for down, with all balancers and listeners that do. */
function downServers(view: View): readonly Finding[] {
  const down = having(view, "haproxy").flatMap(({ machine: { machine }, found }) =>
    found.servers
      .filter(({ proxy, isUp, admin }) => proxy !== "cache" && !isUp && admin === "ready")
      .map((server) => ({ balancer: machine, server })),
  );
  const unexplained = down.filter(
    ({ server: { server } }) => !isAway(view, server) && !isDrained(view, server),
  );
  return [...Map.groupBy(unexplained, ({ server }) => server.server)].map(([name, seen]) => {
    const balancers = [...new Set(seen.map(({ balancer }) => balancer))];
    const proxies = [...new Set(seen.map(({ server }) => server.proxy))];
    const reasons = [...new Set(seen.map(({ server }) => server.check).filter((check) => check !== ""))];
    const since = Math.max(...seen.map(({ server }) => server.sinceSeconds));
    const own = view.status.machines.find(({ machine }) => machine === name);
    const isWell = own?.services.every(({ isWorking }) => isWorking) ?? false;
    return (isWell && since < SETTLING_SECONDS ? note : warning)({
      rule: "server-down",
      machines: [name, ...balancers],
      finding: `HAProxy on ${listed(balancers)} holds ${name} for down since ${ago(since)} (${listed(proxies)})`,
      cause: reasons.join("; "),
      remedy: isWell ? `see whether it stays so; then mbctl doctor ${name}` : `mbctl doctor ${name}`,
      evidence: seen.map(({ balancer, server }) => line(balancer, server)),
    });
  });
}

function writers(view: View): readonly Finding[] {
  const named = having(view, "haproxy").filter(({ found }) => found.writer !== undefined);
  const writers = new Set(named.map(({ found }) => found.writer!));
  const evidence = named.map(({ machine, found }) => `${machine.machine} sends to ${found.writer}`);
  const unfit = [...writers].flatMap((writer) => {
    const member = view.status.machines.find(({ machine }) => machine === writer)?.evidence.galera;
    if (!member || (member.clusterStatus === "Primary" && member.localState === "Synced")) return [];
    return [
      critical({
        rule: "writer-unfit",
        machines: [writer],
        finding: `the balancers send the database's sessions to ${writer}, which is ${member.clusterStatus} and ${member.localState}`,
        remedy: "mbctl failover database-writer",
        evidence,
      }),
    ];
  });
  if (writers.size < 2) return unfit;
  return [
    ...unfit,
    warning({
      rule: "writers-differ",
      machines: named.map(({ machine }) => machine.machine),
      finding: `the balancers do not agree on the database's writer: ${evidence.join(", ")}`,
      cause: "they tell each other over port 10000; a VIP that moves would move the writer too",
      remedy: "mbctl failover database-writer",
      evidence,
    }),
  ];
}

function limits(view: View): readonly Finding[] {
  return having(view, "haproxy").flatMap(({ machine: { machine }, found }) => {
    const { connections, maxConnections, oldWorkers, uptimeSeconds } = found;
    const findings: Finding[] = [];
    if (connections > 0.9 * maxConnections)
      findings.push(
        warning({
          rule: "connections-short",
          machines: [machine],
          finding: `HAProxy on ${machine} holds ${connections} of at most ${maxConnections} connections`,
          remedy: "raise balancer.maxConnections and apply",
          evidence: [`CurrConns ${connections}, Maxconn ${maxConnections}`],
        }),
      );
    if (oldWorkers.length > 0) {
      // The present worker began at the last reload, when the clock of the others began to run.
      const isOverdue = uptimeSeconds > view.topology.balancer.hardStopAfterMs / 1000 + MARGIN_SECONDS;
      findings.push(
        (isOverdue ? warning : note)({
          rule: "old-workers",
          machines: [machine],
          finding: `HAProxy on ${machine} still runs ${oldWorkers.length} process${oldWorkers.length === 1 ? "" : "es"} of before its last reload, ${ago(uptimeSeconds)} ago`,
          cause: isOverdue
            ? "hard-stop-after has passed: the process hangs"
            : "sessions that were open then go on there",
          remedy: isOverdue ? `on ${machine}: kill ${oldWorkers.map(({ pid }) => pid).join(" ")}` : "",
          evidence: oldWorkers.map(({ pid, uptime }) => `show proc: ${pid} worker ${uptime}`),
        }),
      );
    }
    return findings;
  });
}

function line(
  balancer: string,
  { proxy, server, status, admin, check, sinceSeconds }: BalancedServer,
): string {
  const set = admin === "ready" ? "" : ` (set to ${admin})`;
  return `${balancer}: ${proxy}/${server} ${status}${set} since ${ago(sinceSeconds)}${check && `, ${check}`}`;
}
