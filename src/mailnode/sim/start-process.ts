/** Starts a machine's program: the composition root of a real node, over simulated time, network and disk. */
import { LeaseKeeper } from "../cluster/lease-keeper.ts";
import { RateLimits } from "../cluster/rate-limits.ts";
import type { Replica } from "../cluster/replica.ts";
import { ReplicatedState } from "../cluster/replicated-state.ts";
import type { Gossip } from "../membership/shell/gossip.ts";
import { composeClusterNode } from "../node/cluster-node.ts";
import { LogWriter } from "../raft/log/log-writer.ts";
import { RaftLog, type LogAppend } from "../raft/log/raft-log.ts";
import type { Founders } from "../raft/shell/founders.ts";
import type { Chance } from "./chance.ts";
import type { GossipNetwork } from "./gossip/gossip-network.ts";
import type { GossipRules } from "./gossip/gossip-rules.ts";
import { startGossip } from "./gossip/start-gossip.ts";
import { LogMirror } from "./log-mirror.ts";
import type { Network } from "./network.ts";
import type { Host, Process } from "./process.ts";
import { Promised } from "./promised.ts";
import type { Rules } from "./rules.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Swarm } from "./swarm.ts";
import { TimedBackend } from "./timed-backend.ts";
import { virtualEnv } from "./virtual-env.ts";

export interface Surroundings {
  readonly scheduler: Scheduler<Process>;
  readonly network: Network;
  readonly gossipNetwork: GossipNetwork;
  readonly gossipRules: GossipRules;
  readonly machines: readonly Host[];
  readonly swarm: Swarm;
  readonly rules: Rules;
  readonly timekeeping: AbortController;
  readonly onStart: (process: Process) => void;
}

export const DIRECTORY = "/cluster";

/** Resolves when the driver has started. Rejects with whatever the product throws about the disk. */
export async function startProcess(
  process: Process,
  surroundings: Surroundings,
  chance: Chance,
  founders: Founders | undefined,
): Promise<void> {
  const { machine } = process;
  const { scheduler, network, swarm, rules, timekeeping, onStart } = surroundings;
  process.env = virtualEnv(scheduler, process, machine.clock, chance.stream("env"));
  const log = await openLog(process, swarm, scheduler, chance.stream("disk"));
  machine.promised?.check(log);
  const { promised, appended } = mirrored(log, process, rules);
  machine.promised = promised;
  const gossip = swarm.gossip ? await gossipOf(process, surroundings, chance.stream("gossip")) : undefined;
  const node = composeClusterNode({
    env: process.env,
    log,
    transport: network.transport(process, log.node),
    later: (run) => void scheduler.after(0, process, "turn", run),
    driver: driverOptions(swarm, machine),
    replica: { timeoutMs: 4 * swarm.electionTicks * swarm.tickMs, inFlight: 64, waiting: 256 },
  });
  const { replica } = node;
  process.running = {
    ...node,
    id: log.node,
    appended,
    state: new ReplicatedState(replica),
    leases: new LeaseKeeper(replica, process.env),
    limits: new RateLimits(replica, process.env),
    ...(gossip && { gossip }),
  };
  rules.started(process);
  watch(process, replica, rules);
  onStart(process);
  await node.driver.start(founders);
  void replica.keepTime(6 * swarm.tickMs, timekeeping.signal);
}

async function gossipOf(process: Process, surroundings: Surroundings, chance: Chance): Promise<Gossip> {
  const { scheduler, gossipNetwork: network, gossipRules, machines, swarm } = surroundings;
  const env = virtualEnv(scheduler, process, process.machine.clock, chance, "gossip timer");
  const gossip = await startGossip(process, {
    network,
    machines,
    env,
    tickMs: swarm.tickMs,
    directory: DIRECTORY,
  });
  gossipRules.started(process, gossip);
  return gossip;
}

function openLog(
  process: Process,
  swarm: Swarm,
  scheduler: Scheduler<Process>,
  chance: Chance,
): Promise<RaftLog> {
  const { machine } = process;
  const blocking = machine.disk.blocking;
  const { segmentBytes } = swarm;
  const flushed = (run: () => void): void =>
    void scheduler.after(swarm.syncMs * chance.between(0.5, 1.5) * machine.slowness, process, "sync", run);
  return RaftLog.open({
    directory: DIRECTORY,
    disk: machine.disk,
    blocking,
    newNode: () => machine.id,
    segmentBytes,
    backend: (tail, segments) =>
      new TimedBackend(new LogWriter(blocking, DIRECTORY, segmentBytes, tail, segments), flushed),
  });
}

/** Lets the simulation see what goes into the log, and when it is durable. */
function mirrored(
  log: RaftLog,
  process: Process,
  rules: Rules,
): { readonly promised: Promised; readonly appended: LogMirror } {
  const appended = LogMirror.of(log);
  const promised = new Promised(appended.copy());
  const append = log.append.bind(log);
  log.append = async (what: LogAppend): Promise<void> => {
    const before = appended.lastIndex;
    appended.put(what);
    promised.begin(what);
    rules.appended(process, what, before);
    await append(what);
    promised.done(what);
  };
  return { promised, appended };
}

/** Lets the simulation see what the state machine is given, and what it gives. */
function watch(process: Process, replica: Replica, rules: Rules): void {
  const apply = replica.apply.bind(replica);
  const restore = replica.restore.bind(replica);
  const snapshot = replica.snapshot.bind(replica);
  replica.apply = (entry) => {
    apply(entry);
    rules.applied(process, entry);
  };
  replica.restore = (bytes) => {
    restore(bytes);
    rules.restored(process);
  };
  replica.snapshot = () => {
    const bytes = snapshot();
    rules.snapshot(process, bytes);
    return bytes;
  };
}

function driverOptions(swarm: Swarm, { witness, rank: electionRank }: Host) {
  const { tickMs, electionTicks, preVote, checkQuorum, maxMessageBytes, maxInflightMessages } = swarm;
  const { maxUncommittedBytes, maxApplyBytes, snapshotLogBytes, keepLogBytes, snapshotPieceBytes } = swarm;
  return {
    witness,
    tickMs,
    electionTicks,
    electionRank,
    preVote,
    checkQuorum,
    maxMessageBytes,
    maxInflightMessages,
    maxUncommittedBytes,
    maxApplyBytes,
    snapshotLogBytes,
    keepLogBytes,
    snapshotPieceBytes,
    askTicks: 2 * electionTicks,
    readTicks: 2 * electionTicks,
    snapshotTicks: 3 * electionTicks,
  };
}
