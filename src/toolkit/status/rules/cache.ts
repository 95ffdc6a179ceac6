import { sentinelSettings } from "../../services/sentinel/settings.ts";
import { machinesWith } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { critical, warning, type Finding } from "../finding.ts";
import { size } from "../lengths.ts";
import { answering, having, listed, nameOf, type Rules, type View } from "../view.ts";

const BEHIND_LIMIT_BYTES = 1024 * 1024;

/** One master, everybody follows it, and every Sentinel names it. */
export const cacheRules: Rules = (view) => [
  ...masters(view),
  ...replicas(view),
  ...named(view),
  ...sentinels(view),
  ...balanced(view),
  ...having(view, "redis")
    .filter(({ found }) => !found.isPersisting)
    .map(({ machine: { machine } }) =>
      critical({
        rule: "cache-not-persisting",
        machines: [machine],
        finding: `Redis on ${machine} cannot write its log: what it holds would not survive a restart`,
        remedy: `look at the disk of ${machine} (df /var) and at journalctl -u redis-server`,
        evidence: [`${machine}: aof_last_write_status or aof_last_bgrewrite_status is err`],
      }),
    ),
];

function masters(view: View): readonly Finding[] {
  const caches = having(view, "redis");
  const masters = caches.filter(({ found }) => found.role === "master");
  if (caches.length === 0 || masters.length === 1) return [];
  const evidence = caches.map(({ machine, found }) =>
    found.role === "master"
      ? `${machine.machine}: role master, ${found.freshReplicas} fresh replicas`
      : `${machine.machine}: follows ${nameOf(view, found.master!.address)}`,
  );
  if (masters.length > 1)
    return [
      critical({
        rule: "cache-two-masters",
        machines: masters.map(({ machine }) => machine.machine),
        finding: `${listed(masters.map(({ machine }) => machine.machine))} call themselves Redis master at once`,
        cause: masters.some(({ found }) => found.freshReplicas === 0)
          ? "one that has no replica came back a moment ago or was cut off; Sentinel makes it a replica within ten seconds"
          : "each has replicas: the cache is split",
        remedy: "look again in ten seconds; if it stays so, mbctl failover cache",
        evidence,
      }),
    ];
  // A master on a machine that does not answer cannot be seen from here.
  const isComplete = answering(view, "cache").length === machinesWith(view.topology, "cache").length;
  return [
    (isComplete ? critical : warning)({
      rule: "cache-no-master",
      machines: caches.map(({ machine }) => machine.machine),
      finding: `no Redis that answers is master${isComplete ? ": the cache takes no writes" : ""}`,
      remedy: "look again in ten seconds; if it stays so, mbctl failover cache",
      evidence,
    }),
  ];
}

function replicas(view: View): readonly Finding[] {
  const master = having(view, "redis").find(({ found }) => found.role === "master");
  return having(view, "redis").flatMap(({ machine: { machine }, found }) => {
    if (!found.master) return [];
    const { address, isLinked, isSyncing } = found.master;
    const behind = master?.found.replicas.find(
      (replica) => nameOf(view, replica.address) === machine,
    )?.behind;
    const evidence = [
      `${machine}: master_host ${address}, master_link_status ${isLinked ? "up" : "down"}, offset ${found.offset}`,
    ];
    if (!isLinked || isSyncing)
      return [
        warning({
          rule: "cache-replica-off",
          machines: [machine],
          finding: isSyncing
            ? `Redis on ${machine} is being given a whole copy by ${nameOf(view, address)}`
            : `Redis on ${machine} has no link to its master ${nameOf(view, address)}`,
          remedy: isSyncing ? "wait; it ends by itself" : `mbctl doctor ${machine}`,
          evidence,
        }),
      ];
    if (behind !== undefined && behind > BEHIND_LIMIT_BYTES)
      return [
        warning({
          rule: "cache-replica-behind",
          machines: [machine],
          finding: `Redis on ${machine} is ${size(behind)} behind its master`,
          remedy: "see the network between them, and whether it stays so",
          evidence,
        }),
      ];
    return [];
  });
}

/** Each Sentinel by itself says who is master: they must agree with each other and with Redis. */
function named(view: View): readonly Finding[] {
  const sentinels = having(view, "sentinel");
  const byMaster = Map.groupBy(sentinels, ({ found }) =>
    found.master === undefined ? "nobody" : nameOf(view, found.master),
  );
  const evidence = sentinels.map(
    ({ machine, found }) =>
      `the Sentinel of ${machine.machine} names ${found.master === undefined ? "nobody" : nameOf(view, found.master)} (${found.flags || "no flags"})`,
  );
  if (byMaster.size > 1) {
    const selfish = sentinels.filter(({ machine, found }) => found.master === machine.address);
    return [
      critical({
        rule: "sentinels-differ",
        machines: sentinels.map(({ machine }) => machine.machine),
        finding: `the Sentinels do not agree on the master: ${evidence.join(", ")}`,
        cause:
          selfish.length > 1
            ? "several name the Redis beside them: they lost their files, or started without the others"
            : "one missed a failover, or was cut off during it",
        remedy:
          "look again in ten seconds; if it stays so, restart the Sentinels that are in the minority: systemctl restart redis-sentinel",
        evidence,
      }),
    ];
  }
  const master = having(view, "redis").filter(({ found }) => found.role === "master");
  const [name] = byMaster.keys();
  if (name === undefined || master.length !== 1 || master[0]!.machine.machine === name) return [];
  return [
    critical({
      rule: "sentinels-wrong",
      machines: [name, master[0]!.machine.machine],
      finding: `the Sentinels name ${name} as the master, and Redis on ${master[0]!.machine.machine} is it`,
      remedy: "look again in ten seconds; if it stays so, mbctl failover cache",
      evidence,
    }),
  ];
}

function sentinels(view: View): readonly Finding[] {
  const all = having(view, "sentinel");
  const others = votersIn(view.topology, "cache").length - 1;
  const quorum = Number(sentinelSettings(view.topology)["quorum"]);
  const twins = [...Map.groupBy(all, ({ found }) => found.id).values()].filter((same) => same.length > 1);
  return [
    ...twins.map((same) =>
      critical({
        rule: "sentinel-twins",
        machines: same.map(({ machine }) => machine.machine),
        finding: `the Sentinels of ${listed(same.map(({ machine }) => machine.machine))} have the same id and count as one`,
        cause: "the file of one was copied to the other",
        remedy: `on all but one: remove the line "sentinel myid" from /etc/redis/sentinel.conf and restart redis-sentinel`,
        evidence: [`SENTINEL MYID ${same[0]!.found.id}`],
      }),
    ),
    ...all.flatMap(({ machine: { machine }, found }) => {
      const machines = [machine];
      const evidence = [`${machine}: CKQUORUM ${found.said}`];
      if (!found.hasQuorum)
        return [
          critical({
            rule: "sentinel-no-quorum",
            machines,
            finding: `the Sentinel of ${machine} could not fail over: ${found.said}`,
            remedy: `bring the other Sentinels back, or see that ${machine} reaches them on port 26379`,
            evidence,
          }),
        ];
      const counts = [`${machine}: num-other-sentinels ${found.otherSentinels}, quorum ${found.quorum}`];
      if (found.otherSentinels !== others)
        return [
          warning({
            rule: "sentinel-count",
            machines,
            finding: `the Sentinel of ${machine} knows ${found.otherSentinels} others, and the cluster has ${others}`,
            cause:
              found.otherSentinels > others
                ? "machines that are gone still count for the majority"
                : "it has not heard of the others yet",
            remedy: `on ${machine}: redis-cli -h ${nameAddress(view, machine)} -p 26379 SENTINEL RESET ${view.topology.cache.masterName}, with the password of /etc/redis/sentinel.conf`,
            evidence: counts,
          }),
        ];
      if (found.quorum !== quorum)
        return [
          warning({
            rule: "sentinel-quorum",
            machines,
            finding: `the Sentinel of ${machine} takes a quorum of ${found.quorum}, and it should be ${quorum}`,
            remedy: "mbctl apply",
            evidence: counts,
          }),
        ];
      return [];
    }),
  ];
}

/** Where the balancers send what is for the cache must be the master. */
function balanced(view: View): readonly Finding[] {
  const masters = having(view, "redis").filter(({ found }) => found.role === "master");
  if (masters.length !== 1) return [];
  const master = masters[0]!.machine.machine;
  return having(view, "haproxy").flatMap(({ machine: { machine }, found }) =>
    found.servers
      .filter(({ proxy, server, isUp }) => proxy === "cache" && isUp && server !== master)
      .map(({ server }) =>
        critical({
          rule: "cache-sent-astray",
          machines: [machine, server],
          finding: `HAProxy on ${machine} sends the cache's sessions to ${server}, and ${master} is the master`,
          remedy: `look again in five seconds; if it stays so, on ${machine}: systemctl reload haproxy`,
          evidence: [`${machine}: cache/${server} UP`, `${master}: role master`],
        }),
      ),
  );
}

function nameAddress({ topology }: View, machine: string): string {
  return topology.machines.find(({ name }) => name === machine)!.address;
}
