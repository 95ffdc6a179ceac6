import type { ClusterStatus, MachineStatus } from "../../../src/toolkit/status/cluster-status.ts";
import type { Finding } from "../../../src/toolkit/status/finding.ts";
import type { Rules, View } from "../../../src/toolkit/status/view.ts";
import { clusterPart } from "../services/mailnode/a-cluster.ts";
import { threeMachines } from "../fixtures/three-machines.ts";

export const AT = Date.parse("2026-11-22T18:00:00Z");
export const HISTORY = "82427ec6-e685-11f1-923a-a2e7766fb756";
const NAMES = threeMachines.machines.map(({ name }) => name);
const ADDRESSES = threeMachines.machines.map(({ address }) => address);
const GIB = 1024 ** 3;

/** What three machines on which all is well say. A test spoils a copy of it. */
export function wholeStatus(): ClusterStatus {
  return {
    cluster: "acme",
    vip: threeMachines.network.vip,
    at: AT,
    tookMs: 640,
    machines: threeMachines.machines.map((_, index) => wholeMachine(index)),
    vipHolders: ["node-1"],
    advice: [],
  };
}

function wholeMachine(index: number): MachineStatus {
  const { name, address, roles } = threeMachines.machines[index]!;
  const isBalancer = roles.includes("balancer");
  return {
    machine: name,
    address,
    roles: [...roles],
    clock: { aheadMs: index - 1, uncertaintyMs: 4 },
    services: [
      "kernel",
      "galera",
      "redis",
      "sentinel",
      "mailnode",
      ...(isBalancer ? ["haproxy", "keepalived"] : []),
    ].map((service) => ({ service, isWorking: true, detail: "" })),
    facts: {
      uptimeSeconds: 300_000,
      processors: 2,
      load: 0.4,
      memory: { total: 8 * GIB, available: 5 * GIB },
      disk: { total: 100 * GIB, available: 60 * GIB, inodesUsedPercent: 3 },
      addresses: ["127.0.0.1", address],
      failedUnits: [],
      certificates: [
        { path: "/etc/mailbastion/tls/public-0a1b2c3d4e5f.pem", notAfter: AT + 80 * 86_400_000 },
      ],
      packages: { "mariadb-server": "1:10.11.14-0+deb12u2", haproxy: "2.6.12-1+deb12u4" },
    },
    evidence: {
      glusterfs: {
        peers: ADDRESSES.filter((other) => other !== address).map((other) => ({
          names: [other],
          isConnected: true,
        })),
        bricks: ADDRESSES.map((brick) => ({ address: brick, isOnline: true })),
        heal: { pending: 0, splitBrain: 0 },
      },
      galera: {
        clusterStatus: "Primary",
        localState: "Synced",
        isReady: true,
        isConnected: true,
        clusterSize: 3,
        stateUuid: HISTORY,
        lastCommitted: "31",
        receiveQueue: 0,
        flowControlPaused: 0,
        isReadOnly: false,
        connections: 4,
        version: "10.11.14-MariaDB-0+deb12u2-log",
        isCopying: false,
      },
      redis: {
        version: "7.0.15",
        role: index === 0 ? "master" : "replica",
        offset: 20_736,
        ...(index > 0 && { master: { address: ADDRESSES[0]!, isLinked: true, isSyncing: false } }),
        replicas:
          index === 0
            ? ADDRESSES.slice(1).map((other) => ({
                address: other,
                state: "online",
                behind: 0,
                lagSeconds: 0,
              }))
            : [],
        freshReplicas: index === 0 ? 2 : 0,
        usedMemory: 1_275_544,
        connections: 7,
        isPersisting: true,
      },
      sentinel: {
        id: String(index).repeat(40),
        master: ADDRESSES[0]!,
        flags: "master",
        replicas: 2,
        otherSentinels: 2,
        quorum: 2,
        hasQuorum: true,
        said: "OK 3 usable Sentinels. Quorum and failover authorization can be reached",
      },
      mailnode: {
        running: "0.1.0-aaaa",
        current: "0.1.0-aaaa",
        version: "0.1.0",
        isReady: true,
        isDraining: false,
        isHealthy: true,
        failures: [],
        queue: { messages: 0, old: 0, recent: 0, oldestSeconds: 0, failed: 0 },
        cluster: clusterPart(name),
      },
      ...(isBalancer && { haproxy: wholeHaproxy() }),
    },
    marks: { givesUpVip: false, ofOthers: {} },
    runs: { unfinished: [], ended: [] },
  };
}

function wholeHaproxy(): NonNullable<MachineStatus["evidence"]["haproxy"]> {
  const proxies = ["smtp", "submission", "submissions", "console", "database", "cache"];
  return {
    version: "2.6.12-1+deb12u4",
    uptimeSeconds: 7_200,
    connections: 12,
    maxConnections: 8_000,
    servers: proxies.flatMap((proxy) =>
      NAMES.map((server) => {
        const isUp = proxy !== "cache" || server === "node-1";
        return {
          proxy,
          server,
          status: isUp ? "UP" : "DOWN",
          isUp,
          admin: "ready" as const,
          sessions: 1,
          sinceSeconds: 7_000,
          check: isUp ? "" : "L7TOUT at step 6 of tcp-check (expect string 'role:master')",
        };
      }),
    ),
    writer: "node-1",
    oldWorkers: [],
  };
}

export const machineOf = (status: ClusterStatus, name: string): MachineStatus =>
  status.machines.find(({ machine }) => machine === name)!;

/** The server of a proxy as a balancer of this status sees it. */
export const serverOf = (status: ClusterStatus, balancer: string, proxy: string, server: string) =>
  machineOf(status, balancer).evidence.haproxy!.servers.find(
    (candidate) => candidate.proxy === proxy && candidate.server === server,
  )!;

/** The machine as it is when nobody answers there. */
export function takeAway(status: ClusterStatus, name: string): void {
  const machine = machineOf(status, name);
  const { address, roles } = machine;
  for (const key of Object.keys(machine) as (keyof MachineStatus)[]) delete (machine as any)[key];
  Object.assign(machine, {
    machine: name,
    address,
    roles,
    unreachable: {
      code: "SSH_TIMEOUT",
      message: `${name} did not answer in time`,
      remedy: "see that it runs",
    },
    services: [],
    evidence: {},
  });
}

export const MARK = {
  machine: "node-2",
  owner: "alice@desk",
  reason: "new disks",
  at: "2026-11-22T17:00:00Z",
  run: "20261122-170000-abcd",
  work: "drain",
} as const;

/** The mark on the machine and on all balancers, and the balancers heed it. */
export function drain(status: ClusterStatus, name: string): void {
  machineOf(status, name).marks!.own = { ...MARK, machine: name };
  for (const { machine, roles, marks } of status.machines) {
    if (!roles.includes("balancer")) continue;
    marks!.ofOthers[name] = { ...MARK, machine: name };
    for (const proxy of ["smtp", "submission", "submissions", "console"])
      Object.assign(serverOf(status, machine, proxy, name), { status: "DRAIN", admin: "drain" });
  }
}

/** What rules find in a whole cluster after `spoil`. */
export function found(
  rules: Rules,
  spoil: (status: ClusterStatus) => void = () => undefined,
): readonly Finding[] {
  return rules(viewOf(spoil));
}

export function viewOf(spoil: (status: ClusterStatus) => void = () => undefined): View {
  const status = wholeStatus();
  spoil(status);
  return { topology: threeMachines, status };
}

/** A finding in short, for comparisons. */
export const inShort = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, finding, remedy }) => `${severity}: ${finding} -> ${remedy}`);
