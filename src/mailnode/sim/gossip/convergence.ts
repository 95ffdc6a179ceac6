/** What gossip must come to once all faults have ended: all see the same, who is there as alive, who is gone as dead. */
import type { Process } from "../process.ts";
import { Violation } from "../violation.ts";
import type { World } from "../world.ts";

/** For the probes of one that doubts itself as much as it may, the longest suspicion, and the word to spread. */
const LIMIT_TICKS = 400;

/** Lets time pass until all see the same. Throws a Violation after a bounded time. */
export async function seeTheSame(world: World): Promise<void> {
  const { tickMs } = world.swarm;
  const until = world.scheduler.now + LIMIT_TICKS * tickMs;
  let wrong = difference(world.active);
  while (wrong !== undefined && world.scheduler.now < until) {
    await world.pass(4 * tickMs);
    wrong = difference(world.active);
  }
  if (wrong !== undefined)
    throw new Violation(
      "all see the same members",
      `${wrong}, ${LIMIT_TICKS} ticks after all faults had ended`,
    );
}

/** What somebody sees otherwise than the first or than it is; undefined when nobody does. */
function difference(processes: readonly Process[]): string | undefined {
  const there = new Set(processes.map(({ machine }) => machine.id));
  const views = processes.map(({ running }) => running!.gossip!.members());
  for (const [at, view] of views.entries()) {
    const who = processes[at]!.machine.name;
    for (const { id, state } of view)
      if (state !== (there.has(id) ? "alive" : "dead")) return `${who} sees ${id} as ${state}`;
    if (JSON.stringify(view) !== JSON.stringify(views[0]))
      return `${who} sees ${JSON.stringify(view)}, another ${JSON.stringify(views[0])}`;
  }
  return undefined;
}
