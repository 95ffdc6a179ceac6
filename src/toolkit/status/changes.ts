import type { ClusterStatus } from "./cluster-status.ts";
import type { Finding } from "./finding.ts";
import { listed } from "./view.ts";

/** A look and what was made of it. */
export interface Judged {
  readonly status: ClusterStatus;
  readonly findings: readonly Finding[];
}

/** What is otherwise than at the last look, a line each: who holds what, and which findings came and went. */
export function changesSince(before: Judged, now: Judged): readonly string[] {
  const facts = factsOf(before.status);
  const moved = [...factsOf(now.status)]
    .filter(([name, value]) => facts.has(name) && facts.get(name) !== value)
    .map(([name, value]) => `${name}: ${facts.get(name)} -> ${value}`);
  // A finding's sentence may hold a count that runs; whom it concerns does not.
  const key = ({ rule, machines }: Finding) => `${rule} ${machines.join()}`;
  const old = new Set(before.findings.map(key));
  const present = new Set(now.findings.map(key));
  return [
    ...moved,
    ...now.findings.filter((each) => !old.has(key(each))).map(({ finding }) => `+ ${finding}`),
    ...before.findings.filter((each) => !present.has(key(each))).map(({ finding }) => `over: ${finding}`),
  ];
}

/** The facts whose change is news, by name. Not those that run all the time. */
function factsOf(status: ClusterStatus): ReadonlyMap<string, string> {
  const facts: [string, string][] = [["the VIP", listed(status.vipHolders) || "nobody"]];
  for (const { machine, unreachable, evidence } of status.machines) {
    facts.push([machine, unreachable ? "no answer" : "answers"]);
    const { galera, redis, sentinel, haproxy, mailnode } = evidence;
    if (galera) facts.push([`database on ${machine}`, `${galera.clusterStatus}, ${galera.localState}`]);
    if (redis) facts.push([`Redis on ${machine}`, redis.role]);
    if (sentinel) facts.push([`Sentinel on ${machine} names`, sentinel.master ?? "nobody"]);
    if (haproxy) facts.push([`database writer of ${machine}`, haproxy.writer ?? "nobody"]);
    if (mailnode)
      facts.push([
        `mail node on ${machine}`,
        mailnode.isReady ? "takes mail" : mailnode.isDraining ? "draining" : "takes no mail",
      ]);
  }
  return new Map(facts);
}
