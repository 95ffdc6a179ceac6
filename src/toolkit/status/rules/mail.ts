import { isTakenOut } from "../../services/mailnode/members.ts";
import { note, warning, type Finding } from "../finding.ts";
import { ago } from "../lengths.ts";
import { having, isDrained, listed, type Rules, type View } from "../view.ts";

const OLD_SECONDS = 3600;
const VERY_OLD_SECONDS = 4 * 3600;
const GROWING_MESSAGES = 100;

/** The mail nodes: what they lack, what they run, what waits in their queues. */
export const mailRules: Rules = (view) => [
  ...having(view, "mailnode").flatMap(({ machine: { machine }, found }) => [
    ...health(view, machine, found),
    ...queue(view, machine, found),
  ]),
  ...versions(view),
];

type Node = ReturnType<typeof having<"mailnode">>[number]["found"];

function health(view: View, machine: string, found: Node): readonly Finding[] {
  const machines = [machine];
  const evidence = found.failures.map((failure) => `${machine}: ${failure}`);
  // What their own cluster has taken out of service is said with the rest about it.
  if (isTakenOut(found.cluster)) return [];
  if (found.isDraining && !isDrained(view, machine))
    return [
      warning({
        rule: "node-drains-unmarked",
        machines,
        finding: `the mail node on ${machine} takes no mail, as it is stopping, and no drain mark is there`,
        remedy: `on ${machine}: systemctl status mailbastion-mbnode`,
        evidence,
      }),
    ];
  // That it takes no mail at all is what its probe says.
  if (found.isReady && !found.isHealthy)
    return [
      warning({
        rule: "node-lacks",
        machines,
        finding: `the mail node on ${machine} takes mail and lacks something: ${found.failures.join(", ")}`,
        cause: "it reaches database and cache over the VIP",
        remedy: "mbctl doctor, which says why",
        evidence,
      }),
    ];
  if (found.running !== "" && found.current !== "" && found.running !== found.current)
    return [
      warning({
        rule: "node-old-release",
        machines,
        finding: `the mail node on ${machine} still runs release ${found.running}, and ${found.current} is installed`,
        remedy: "mbctl apply",
        evidence: [`${machine}: running ${found.running}, current ${found.current}`],
      }),
    ];
  return [];
}

function queue(view: View, machine: string, { queue: found }: Node): readonly Finding[] {
  const { host, port } = view.topology.mail.nextHop;
  const machines = [machine];
  const evidence = [
    `${machine}: ${found.messages} messages, ${found.recent} of the last ten minutes, ${found.old} older than an hour, the oldest ${ago(found.oldestSeconds)}`,
  ];
  const findings: Finding[] = [];
  const isGrowing = found.messages > GROWING_MESSAGES && found.old > 0 && found.recent > 0;
  if (found.oldestSeconds > OLD_SECONDS)
    findings.push(
      (found.oldestSeconds > VERY_OLD_SECONDS || isGrowing ? warning : note)({
        rule: "queue-old",
        machines,
        finding: `${found.messages} messages wait on ${machine}${isGrowing ? " and more come than go" : ""}, the oldest for ${ago(found.oldestSeconds)}`,
        cause: `${host}:${port} does not take them`,
        remedy: `on ${machine}: /opt/mailbastion/current/bin/mbnode queue; and see whether ${host} answers on port ${port}`,
        evidence,
      }),
    );
  if (found.failed > 0)
    findings.push(
      note({
        rule: "queue-failed",
        machines,
        finding: `${found.failed} messages on ${machine} could be neither delivered nor returned`,
        remedy: `on ${machine}: look at the .state files in /var/lib/mailbastion/queue/failed before mbnode removes them, the oldest first`,
        evidence: [`${machine}: ${found.failed} in failed/`],
      }),
    );
  return findings;
}

function versions(view: View): readonly Finding[] {
  const nodes = having(view, "mailnode").filter(({ found }) => found.running !== "");
  const byRelease = Map.groupBy(nodes, ({ found }) => found.running);
  if (byRelease.size < 2) return [];
  const evidence = [...byRelease].map(
    ([release, on]) => `${release} on ${listed(on.map(({ machine }) => machine.machine))}`,
  );
  return [
    note({
      rule: "releases-differ",
      machines: nodes.map(({ machine }) => machine.machine),
      finding: `the mail nodes do not run the same release: ${evidence.join("; ")}`,
      remedy: "mbctl apply, unless an upgrade is under way",
      evidence,
    }),
  ];
}
