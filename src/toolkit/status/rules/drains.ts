import { DRAIN_MARKS, type DrainMark } from "../../../contract/drain-mark.ts";
import { PATHS } from "../../services/haproxy/paths.ts";
import { note, warning, type Finding } from "../finding.ts";
import { ago } from "../lengths.ts";
import { answering, having, isAway, listed, type Rules, type View } from "../view.ts";

const FORGOTTEN_SECONDS = 86_400;
/** The listeners that a drain takes a machine out of; the others follow the services' own checks. */
const MAIL_LISTENERS = ["smtp", "submission", "submissions", "console"];

/** All that is drained derives from the marks: here is where somebody disagrees. */
export const drainRules: Rules = (view) => [
  ...drained(view),
  ...missing(view),
  ...strange(view),
  ...disagreeing(view),
  ...leftAside(view),
];

function drained(view: View): readonly Finding[] {
  return answering(view).flatMap(({ machine, marks }) => {
    if (!marks?.own) return [];
    const { work, owner, reason, at } = marks.own;
    const seconds = (view.status.at - Date.parse(at)) / 1000;
    const isForgotten = seconds > FORGOTTEN_SECONDS;
    const since = Number.isNaN(seconds) ? "" : ` since ${ago(Math.max(0, seconds))}`;
    return [
      (isForgotten ? warning : note)({
        rule: isForgotten ? "drain-forgotten" : "drained",
        machines: [machine],
        finding: `${machine} is ${work === "maintenance" ? "in maintenance" : "drained"}${since}, by ${owner}${reason && `: ${reason}`}`,
        remedy: takeBack(machine, marks.own),
        evidence: [markLine(machine, marks.own)],
      }),
    ];
  });
}

/** A mark that one machine has and another one lacks. */
function missing(view: View): readonly Finding[] {
  const balancers = answering(view, "balancer").filter(({ marks }) => marks !== undefined);
  const names = view.topology.machines.map(({ name }) => name);
  return names.flatMap((name) => {
    const having = balancers.filter(({ marks }) => marks!.ofOthers[name] !== undefined);
    const lacking = balancers.filter(({ marks }) => marks!.ofOthers[name] === undefined);
    const own = view.status.machines.find(({ machine }) => machine === name)?.marks?.own;
    const mark = own ?? having[0]?.marks!.ofOthers[name];
    if (!mark) return [];
    const without = [
      ...(own === undefined && !isAway(view, name) ? [name] : []),
      ...lacking.map(({ machine }) => machine),
    ];
    if (without.length === 0) return [];
    return [
      warning({
        rule: "drain-mark-missing",
        machines: [...new Set([name, ...without])],
        finding: `${name} is marked as drained on ${listed([...(own ? [name] : []), ...having.map(({ machine }) => machine)])} and not on ${listed(without)}`,
        cause: "a drain or its end was broken off, or the machine was away meanwhile",
        remedy: `mbctl drain ${name} marks it everywhere, mbctl undrain ${name} nowhere`,
        evidence: [markLine(name, mark)],
      }),
    ];
  });
}

function strange(view: View): readonly Finding[] {
  const names = view.topology.machines.map(({ name }) => name);
  return answering(view).flatMap(({ machine, marks }) =>
    Object.keys(marks?.ofOthers ?? {})
      .filter((name) => !names.includes(name))
      .map((name) =>
        warning({
          rule: "drain-mark-strange",
          machines: [machine],
          finding: `${machine} bears a drain mark of ${name}, which is no machine of this cluster`,
          remedy: `on ${machine}: rm /var/lib/mailbastion-drain/balancer/${name}`,
          evidence: [`${machine}: /var/lib/mailbastion-drain/balancer/${name}`],
        }),
      ),
  );
}

/** What HAProxy was told must be what the marks on its machine say. */
function disagreeing(view: View): readonly Finding[] {
  const wrong = having(view, "haproxy").flatMap(({ machine: { machine, marks }, found }) =>
    found.servers
      .filter(({ proxy }) => MAIL_LISTENERS.includes(proxy))
      .map((server) => ({
        balancer: machine,
        ...server,
        isMarked: marks?.ofOthers[server.server] !== undefined,
      }))
      .filter(({ admin, isMarked }) => (admin === "ready") === isMarked),
  );
  return [...Map.groupBy(wrong, ({ server, isMarked }) => `${server} ${isMarked}`).values()].map((found) => {
    const { server, isMarked } = found[0]!;
    const balancers = [...new Set(found.map(({ balancer }) => balancer))];
    const evidence = found.map(
      ({ balancer, proxy, admin }) => `${balancer}: ${proxy}/${server} is set to ${admin}`,
    );
    return warning({
      rule: isMarked ? "drain-not-heeded" : "drain-unmarked",
      machines: [server, ...balancers],
      finding: isMarked
        ? `${server} is marked as drained, and HAProxy on ${listed(balancers)} still sends it new sessions`
        : `HAProxy on ${listed(balancers)} sends ${server} no new sessions (${listed([...new Set(found.map(({ proxy }) => proxy))])}), and no mark says why`,
      cause: isMarked
        ? "somebody set it back by hand"
        : "somebody set it by hand; it will not outlive a restart",
      remedy: isMarked
        ? `mbctl drain ${server}, or mbctl undrain ${server}`
        : `mbctl undrain ${server} --force, or mbctl drain ${server} to make it last`,
      evidence,
    });
  });
}

/** What a failover does for a moment, and nobody took back: while somebody is at work it is theirs. */
function leftAside(view: View): readonly Finding[] {
  if (answering(view).some(({ runs }) => runs?.lock && !runs.lock.isStale)) return [];
  const servers = having(view, "haproxy").flatMap(({ machine: { machine }, found }) =>
    found.servers
      .filter(({ proxy, admin }) => proxy === "database" && admin !== "ready")
      .map(({ server, admin }) => ({ balancer: machine, server, admin })),
  );
  return [
    ...[...Map.groupBy(servers, ({ server }) => server)].map(([server, seen]) =>
      warning({
        rule: "database-aside",
        machines: [...new Set([server, ...seen.map(({ balancer }) => balancer)])],
        finding: `HAProxy on ${listed(seen.map(({ balancer }) => balancer))} would not use the database of ${server}, and nobody is at work on it`,
        cause: "a failover of the database's writer that was not finished, or somebody's hand",
        remedy: `mbctl runs shows what is unfinished; by hand, on ${listed(seen.map(({ balancer }) => balancer))}: echo "set server database/${server} state ready" | socat - UNIX-CONNECT:${PATHS.adminSocket}`,
        evidence: seen.map(({ balancer, admin }) => `${balancer}: database/${server} is set to ${admin}`),
      }),
    ),
    ...answering(view, "balancer")
      .filter(({ marks }) => marks?.givesUpVip && !marks.own)
      .map(({ machine }) =>
        warning({
          rule: "vip-mark-left",
          machines: [machine],
          finding: `${machine} does not take the VIP, and is not drained`,
          cause: "a failover of the VIP that was not finished, or a drain whose end was broken off",
          remedy: `mbctl runs shows what is unfinished; else mbctl undrain ${machine}`,
          evidence: [`${machine}: ${DRAIN_MARKS.vip}`],
        }),
      ),
  ];
}

function takeBack(machine: string, { work }: Pick<DrainMark, "work">): string {
  return work === "maintenance" ? `mbctl maintenance exit ${machine}` : `mbctl undrain ${machine}`;
}

function markLine(machine: string, { owner, at, run, reason }: DrainMark): string {
  return `${machine}: mark of ${owner} at ${at || "an unknown time"}${run && `, run ${run}`}${reason && ` (${reason})`}`;
}
