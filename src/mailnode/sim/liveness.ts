/** What must come about once all faults have ended: one leader, one state, and nothing lost that was acknowledged. */
import type { RaftStatus } from "../raft/core/status.ts";
import type { Process } from "./process.ts";
import { Violation } from "./violation.ts";
import type { Clients } from "./workload/clients.ts";
import type { World } from "./world.ts";

const RULE = "liveness";
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Lets time pass until the cluster is whole and answers. Throws a Violation after a bounded time. */
export async function becomesWhole(world: World, clients: Clients): Promise<void> {
  const { electionTicks, tickMs } = world.swarm;
  const round = electionTicks * tickMs;
  let why = "nobody leads";
  for (let rounds = 0; rounds < 60; rounds++) {
    await world.pass(round);
    stopRemoved(world);
    const members = membersOf(world);
    if (typeof members === "string") why = members;
    else {
      const wrong = await answers(world, members);
      if (wrong === undefined) return checkKept(members, clients);
      why = wrong;
    }
  }
  throw new Violation(RULE, `${why}, 60 election timeouts after all faults had ended`);
}

/**
 * Stops who was removed, as its operator does. It may not know it, and stands for election for ever; only pre-vote
 * and check-quorum let the others pass over it (dissertation 4.2.3), so with either it runs on and must do no harm.
 */
function stopRemoved(world: World): void {
  const { preVote, checkQuorum } = world.swarm;
  const leader = leaderOf(world);
  if (preVote || checkQuorum || leader === undefined || leader.membershipIndex > leader.commit) return;
  const { voters, votersOutgoing, learners } = leader.membership;
  const stay = [...voters, ...votersOutgoing, ...learners];
  for (const { machine, running } of world.active) if (!stay.includes(running!.id)) world.kill(machine);
}

/** The status of the leader of the latest term. */
function leaderOf({ active }: World): RaftStatus | undefined {
  const leaders = active.map(({ status }) => status!).filter(({ role }) => role === "leader");
  return leaders.sort((a, b) => b.term - a.term)[0];
}

/** The processes of all members by the leader's word, all of whom follow him; else what is wrong. */
function membersOf(world: World): readonly Process[] | string {
  const { active } = world;
  const latest = leaderOf(world);
  if (latest === undefined) return "nobody leads";
  const { voters, votersOutgoing, learners } = latest.membership;
  if (votersOutgoing.length > 0) return "the membership is joint";
  const gone = [...voters, ...learners].filter((id) => !active.some(({ running }) => running!.id === id));
  if (gone.some((id) => world.machines.some((machine) => machine.id === id)))
    return `${gone.join()} is not up`;
  const members = active.filter(({ running }) => [...voters, ...learners].includes(running!.id));
  const astray = members.filter(({ status }) => status!.leader !== latest.id);
  if (astray.length > 0) return `${astray.map(({ machine }) => machine.name).join()} follows somebody else`;
  return members;
}

/** Writes and reads at every member, and compares what they hold; what is wrong, if anything is. */
async function answers(world: World, members: readonly Process[]): Promise<string | undefined> {
  const full = members.filter(({ machine }) => !machine.witness);
  const failed: string[] = [];
  let left = full.length;
  for (const process of full)
    world.scheduler.after(0, process, "last read", () => {
      process
        .running!.replica.barrier()
        .catch((error: unknown) => failed.push(`${process.machine.name}: ${String(error)}`))
        .finally(() => left--);
    });
  world.scheduler.after(0, full[0], "last write", () => {
    left++;
    full[0]!
      .running!.replica.perform<"tick">({ type: "tick" })
      .catch((error: unknown) => failed.push(`${full[0]!.machine.name}: ${String(error)}`))
      .finally(() => left--);
  });
  await world.pass(5 * world.swarm.electionTicks * world.swarm.tickMs);
  if (failed.length > 0) return failed.join("; ");
  if (left > 0) return "an operation has no end";
  const ends = new Set(members.map(({ status }) => status!.commit));
  const states = new Set(full.map(({ running }) => running!.replica.machine.hash()));
  if (ends.size === 1 && states.size === 1) return undefined;
  // The leader's own entries come at even times, and could be on their way whenever this looks: the next time there are none.
  world.timekeeping.abort();
  return "the members differ";
}

/** Everything that was acknowledged is there; nothing is older than somebody was told. */
function checkKept(members: readonly Process[], clients: Clients): void {
  for (const { machine, running } of members.filter(({ machine: { witness } }) => !witness)) {
    const { keys } = running!.replica.machine;
    for (const [key, value] of clients.oracle.kept) {
      const found = keys.get(key);
      if (found === undefined || text(found.value) !== value)
        throw new Violation(
          "nothing acknowledged is lost",
          `${machine.name} lacks ${key}, acknowledged as ${value}`,
        );
    }
    for (const [key, floor] of clients.oracle.floors)
      if ((keys.get(key)?.version ?? 0) < floor)
        throw new Violation(
          "nothing acknowledged is lost",
          `${machine.name} holds ${key} older than ${floor}`,
        );
  }
}
