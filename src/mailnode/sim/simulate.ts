/** One seed from its beginning to its end. */
import { Chance } from "./chance.ts";
import { seeTheSame } from "./gossip/convergence.ts";
import { isLinearizable } from "./linearizable/checker.ts";
import { becomesWhole } from "./liveness.ts";
import { Nemesis } from "./nemesis.ts";
import { swarmOf, type Swarm } from "./swarm.ts";
import { Trace } from "./trace.ts";
import { Violation } from "./violation.ts";
import { Clients } from "./workload/clients.ts";
import { LeaseHolders } from "./workload/lease-holders.ts";
import { LimitedSenders } from "./workload/limited-senders.ts";
import { World } from "./world.ts";

export interface Outcome {
  readonly swarm: Swarm;
  /** The same for the same seed, always. */
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly failure?: Error;
  /** The last events before a failure. */
  readonly last: readonly string[];
}

/** Runs a seed. Never throws: what goes wrong, in the cluster or in the simulation, is the outcome's failure. */
export async function simulate(seed: number, print?: (line: string) => void): Promise<Outcome> {
  const chance = new Chance(`seed ${seed}`);
  const swarm = swarmOf(seed, chance.stream("swarm"));
  const trace = new Trace(print);
  const world = new World(swarm, chance, trace);
  let failure: Error | undefined;
  const { stackTraceLimit } = Error;
  // Most errors of a run are answers; where each was made is written down when somebody reads along.
  if (print === undefined) Error.stackTraceLimit = 0;
  try {
    await run(world);
  } catch (error) {
    failure = error as Error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  const { counts } = world;
  const virtualMs = world.scheduler.now;
  const outcome = { swarm, hash: trace.hash, events: trace.events, virtualMs, counts, last: trace.last };
  return failure === undefined ? outcome : { ...outcome, failure };
}

async function run(world: World): Promise<void> {
  const { faultTicks, tickMs } = world.swarm;
  const clients = new Clients(world);
  const workload = [clients, new LeaseHolders(world), new LimitedSenders(world)];
  const nemesis = new Nemesis(world);
  world.onStart = (process) => clients.watch(process);
  for (const machine of world.machines) world.start(machine);
  for (const part of workload) part.begin();
  nemesis.begin();
  await world.pass(faultTicks * tickMs);
  nemesis.end();
  // What a slow link cannot carry would never come to its end.
  for (const part of workload) part.end();
  await becomesWhole(world, clients);
  if (world.swarm.gossip) await seeTheSame(world);
  for (const [key, history] of clients.recorder.histories)
    if (!isLinearizable(history)) throw new Violation("linearizable", `the history of ${key} has no order`);
}
