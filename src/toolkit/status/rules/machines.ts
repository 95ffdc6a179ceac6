import type { MachineStatus } from "../cluster-status.ts";
import { critical, note, warning, type Finding } from "../finding.ts";
import { size } from "../lengths.ts";
import { answering, isDrained, listed, type Rules, type View } from "../view.ts";

const CLOCK_LIMIT_MS = 1_000;

/** What brings a service back, by its name; of the others mbctl doctor says what to look at. */
const RECOVERIES: ReadonlyMap<string, string> = new Map([
  ["glusterfs", "mbctl recover storage"],
  ["mounts", "mbctl recover storage"],
  ["nftables", "mbctl apply"],
]);

/** Machines as such: whether they answer, whether each service does its work, and what they run short of. */
export const machineRules: Rules = (view) => [
  ...view.status.machines.flatMap((machine) => away(machine)),
  ...answering(view).flatMap((machine) => failing(view, machine)),
  ...answering(view).flatMap((machine) => [...resources(machine), ...clock(machine), ...units(machine)]),
  ...packages(view),
];

function away({ machine, unreachable }: MachineStatus): readonly Finding[] {
  if (!unreachable) return [];
  return [
    critical({
      rule: "machine-away",
      machines: [machine],
      finding: `${machine} cannot be reached: ${unreachable.message}`,
      remedy: unreachable.remedy,
      evidence: [unreachable.code],
    }),
  ];
}

/** What is drained takes no mail, and in maintenance nothing may run: that is what somebody wanted. */
function failing(view: View, { machine, services }: MachineStatus): readonly Finding[] {
  return services
    .filter(({ isWorking }) => !isWorking)
    .map(({ service, detail }) =>
      (isDrained(view, machine) ? note : critical)({
        rule: "service-fails",
        machines: [machine],
        finding: `${service} on ${machine} does not do its work: ${detail}`,
        remedy: isDrained(view, machine) ? "" : (RECOVERIES.get(service) ?? `mbctl doctor ${machine}`),
        evidence: [`the probe of ${service} on ${machine}: ${detail}`],
      }),
    );
}

function resources({ machine, facts }: MachineStatus): readonly Finding[] {
  if (!facts) return [];
  const { disk, memory } = facts;
  const found: Finding[] = [];
  const share = disk.available / disk.total;
  if (share < 0.1 || disk.inodesUsedPercent >= 90)
    found.push(
      (share < 0.03 || disk.inodesUsedPercent >= 98 ? critical : warning)({
        rule: "disk-full",
        machines: [machine],
        finding: `the disk of /var on ${machine} has ${size(disk.available)} of ${size(disk.total)} left, and ${disk.inodesUsedPercent} % of its inodes are used`,
        cause: "a full disk stops the queue, the database and the cache at once",
        remedy: `on ${machine}: du -xh /var | sort -h | tail; journalctl --vacuum-size=500M frees what logs take`,
        evidence: [`df /var: ${size(disk.available)} available, inodes ${disk.inodesUsedPercent} %`],
      }),
    );
  if (memory.total > 0 && memory.available / memory.total < 0.05)
    found.push(
      warning({
        rule: "memory-short",
        machines: [machine],
        finding: `${machine} has ${size(memory.available)} of ${size(memory.total)} memory left`,
        cause: "the kernel ends the largest process next, which is mostly the database",
        remedy: "make database.bufferPool or cache.maxMemory smaller and apply, or give the machine more",
        evidence: [`MemAvailable ${size(memory.available)}`],
      }),
    );
  return found;
}

function clock({ machine, clock }: MachineStatus): readonly Finding[] {
  if (!clock || Math.abs(clock.aheadMs) - clock.uncertaintyMs <= CLOCK_LIMIT_MS) return [];
  const seconds = (Math.abs(clock.aheadMs) / 1000).toFixed(1);
  return [
    warning({
      rule: "clock-off",
      machines: [machine],
      finding: `the clock of ${machine} is ${seconds} s ${clock.aheadMs > 0 ? "ahead of" : "behind"} the other machines`,
      cause: "its logs, its queue's times and the validity of certificates are off by as much",
      remedy: `on ${machine}: timedatectl set-ntp true, or see why chrony or systemd-timesyncd gets no answer`,
      evidence: [`${clock.aheadMs} ms against the median, give or take ${clock.uncertaintyMs} ms`],
    }),
  ];
}

function units({ machine, facts }: MachineStatus): readonly Finding[] {
  if (!facts || facts.failedUnits.length === 0) return [];
  return [
    note({
      rule: "unit-failed",
      machines: [machine],
      finding: `systemd on ${machine} has given up ${listed(facts.failedUnits)}`,
      remedy: `on ${machine}: systemctl status ${facts.failedUnits.join(" ")}`,
      evidence: facts.failedUnits,
    }),
  ];
}

function packages(view: View): readonly Finding[] {
  const machines = answering(view).filter(({ facts }) => facts !== undefined);
  const names = new Set(machines.flatMap(({ facts }) => Object.keys(facts!.packages)));
  return [...names].sort().flatMap((name) => {
    const installed = machines.filter(({ facts }) => facts!.packages[name] !== undefined);
    const versions = Map.groupBy(installed, ({ facts }) => facts!.packages[name]!);
    if (versions.size < 2) return [];
    const evidence = [...versions].map(
      ([version, on]) => `${name} ${version} on ${listed(on.map(({ machine }) => machine))}`,
    );
    return [
      note({
        rule: "packages-differ",
        machines: installed.map(({ machine }) => machine),
        finding: `${name} is not of the same version everywhere: ${evidence.join("; ")}`,
        remedy: "mbctl upgrade, unless an upgrade is under way",
        evidence,
      }),
    ];
  });
}
