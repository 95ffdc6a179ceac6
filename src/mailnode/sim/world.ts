/** Simulated machines with all that is between them, and the one loop in which everything happens. */
import type { Founders } from "../raft/shell/founders.ts";
import type { RaftStatus } from "../raft/core/status.ts";
import type { DiskFault, Operation } from "../disk/forgetful-blocking-disk.ts";
import type { Chance } from "./chance.ts";
import { GossipNetwork } from "./gossip/gossip-network.ts";
import { GossipRules } from "./gossip/gossip-rules.ts";
import { Machine } from "./machine.ts";
import { Network } from "./network.ts";
import { Process, type Host } from "./process.ts";
import { Quiescence } from "./quiescence.ts";
import { Rules } from "./rules.ts";
import { Scheduler } from "./scheduler.ts";
import { startProcess } from "./start-process.ts";
import type { Swarm } from "./swarm.ts";
import type { Trace } from "./trace.ts";
import { ruleOf, Violation } from "./violation.ts";
import { Ways } from "./ways.ts";

/** Events in one moment of virtual time; more are a loop that has no end. */
const SAME_MOMENT_MAX = 5000;

export class World {
  readonly swarm: Swarm;
  readonly chance: Chance;
  readonly scheduler = new Scheduler<Process>();
  readonly rules = new Rules();
  readonly gossipRules = new GossipRules({
    guard: (check) => this.guard(check),
    count: (what) => this.count(what),
  });
  readonly ways = new Ways();
  readonly network: Network;
  readonly gossipNetwork: GossipNetwork;
  readonly machines: readonly Host[];
  readonly trace: Trace;
  /** How often each thing happened: a run in which nothing happened proves nothing. */
  readonly counts: Record<string, number> = {};
  /** Until then an order of other members may be on its way. */
  orderedUntil = 0;
  /** Called for every process before it does anything. */
  onStart: (process: Process) => void = () => undefined;
  /** Ends the entries by which leaders move the state's time. */
  readonly timekeeping = new AbortController();
  readonly #quiescence = new Quiescence();
  #failure: Error | undefined;

  constructor(swarm: Swarm, chance: Chance, trace: Trace) {
    this.swarm = swarm;
    this.chance = chance;
    this.trace = trace;
    const { scheduler, rules, ways } = this;
    this.network = new Network({
      scheduler,
      chance: chance.stream("network"),
      swarm,
      ways,
      sent: (process, message) => this.guard(() => rules.sent(process, message)),
      taken: (process, message) => this.guard(() => rules.taken(process, message)),
    });
    this.gossipNetwork = new GossipNetwork({
      scheduler,
      chance: chance.stream("gossip network"),
      swarm,
      ways,
    });
    const clocks = chance.stream("clocks");
    const total = swarm.founders + swarm.spares;
    this.machines = Array.from({ length: total }, (_, at) => {
      const witness = at < swarm.founders && at >= swarm.founders - swarm.witnesses;
      const clock = {
        skewMs: clocks.between(-100_000, 100_000),
        originMs: clocks.below(1_000_000_000),
        rate: 1 + clocks.between(-0.00049, 0.00049),
      };
      return new Machine<Process>(`m${at + 1}`, witness, swarm.ranks[at]!, clock);
    });
  }

  get founders(): Founders {
    const machines = this.machines.slice(0, this.swarm.founders);
    const names = machines.map(({ name }) => name);
    return { voters: names, witnesses: machines.filter(({ witness }) => witness).map(({ name }) => name) };
  }

  /** Those that run and are not paused. */
  get active(): readonly Process[] {
    return this.machines.flatMap(({ process }) => (process?.active === true ? [process] : []));
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** What is thrown in it ends the run with that failure, whoever would have caught it. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Adds something to the trace that is no event of its own. */
  tell(who: string, what: string): void {
    this.trace.add({ at: this.scheduler.now, who, what, status: undefined });
  }

  /** Lets so much virtual time go by. Throws the first failure, also when something happens again and again in no time. */
  async pass(ms: number): Promise<void> {
    const until = this.scheduler.now + ms;
    let [at, events] = [-1, 0];
    for (let event = this.scheduler.next(until); event !== undefined; event = this.scheduler.next(until)) {
      const { owner, what, run } = event;
      events = this.scheduler.now === at ? events + 1 : 0;
      at = this.scheduler.now;
      if (events > SAME_MOMENT_MAX) this.fail(new Violation("time goes on", `${what}, again and again`));
      this.guard(run);
      await this.#quiescence.reached();
      const status = owner?.running === undefined ? undefined : this.#observe(owner);
      this.trace.add({ at, who: owner?.machine.name ?? "-", what, status });
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  /** Checks every rule; what the core of a process is like, once it has one. */
  #observe(process: Process): RaftStatus | undefined {
    try {
      return this.rules.observe(process);
    } catch (error) {
      this.fail(error as Error);
      return undefined;
    }
  }

  /** Starts a machine's program; it is there some events later. */
  start(machine: Host): void {
    const process = new Process(machine);
    machine.process = process;
    machine.lives++;
    machine.silent = false;
    this.count("starts");
    machine.powerGoesAt = Infinity;
    machine.disk.fault = (operation) => this.#diskFault(process, operation);
    const founder = this.founders.voters.includes(machine.id);
    const chance = this.chance.stream(`${machine.name} life ${machine.lives}`);
    startProcess(process, this, chance, founder ? this.founders : undefined).then(
      () => void process.running!.driver.stopped.then((error) => this.#stopped(process, error)),
      (error: unknown) => this.#stopped(process, error as Error),
    );
  }

  /** Ends a process from one moment to the next; the disk keeps what the kernel has. */
  kill(machine: Host): void {
    const { process } = machine;
    if (process === undefined) return;
    process.end();
    machine.disk.fault = () => {
      throw Object.assign(new Error("the process is gone"), { code: "EGONE" });
    };
    machine.process = undefined;
  }

  /** Takes the power away: what was not synced is gone, or there in part. */
  losePower(machine: Host): void {
    machine.silent = true;
    this.kill(machine);
    const chance = this.chance.stream(`${machine.name} power ${machine.lives}`);
    machine.disk = machine.disk.afterPowerLoss(chance.next);
  }

  /** Starts it in a while, unless it runs by then. */
  bringBack(machine: Host, afterMs: number): void {
    this.scheduler.after(afterMs, undefined, `${machine.name} starts`, () => {
      if (machine.process === undefined) this.start(machine);
    });
  }

  pause(process: Process): void {
    process.paused = true;
  }

  resume(process: Process): void {
    if (!process.paused) return;
    process.paused = false;
    this.scheduler.release(process);
  }

  /** A program ended by itself: a disk that failed may be the reason, and nothing else. */
  #stopped(process: Process, error: Error | undefined): void {
    if (!process.alive) return;
    const { machine } = process;
    const code = error === undefined ? "" : ruleOf(error);
    this.tell(machine.name, `stopped: ${code}`);
    if (error instanceof Violation) return this.fail(error);
    if (code === "RAFT_LOG_DAMAGED" && machine.damaged) {
      this.count("refused damage");
      this.kill(machine);
      machine.loseDisk();
    } else if (code === "RAFT_LOG_FAILED" || code === "EIO" || code === "ENOSPC") this.kill(machine);
    else return this.fail(error ?? new Error(`${machine.name} stopped by itself`));
    this.bringBack(machine, 20 * this.swarm.tickMs);
  }

  /** What comes of an operation of a machine's disk. */
  #diskFault(process: Process, { name, index }: Operation): DiskFault | undefined {
    const { machine } = process;
    if (index >= machine.powerGoesAt) {
      // Nothing that the program does from here on is seen by anybody.
      process.end();
      this.scheduler.after(0, undefined, `${machine.name} loses power`, () => {
        if (machine.process === process) this.losePower(machine);
      });
      return "power";
    }
    const { diskFault } = machine;
    const hit = diskFault === "EIO" ? name === "sync" : ["create", "append", "write"].includes(name);
    if (diskFault === undefined || !hit) return undefined;
    if (diskFault === "EIO") machine.diskFault = undefined;
    this.count(diskFault);
    return diskFault;
  }
}
