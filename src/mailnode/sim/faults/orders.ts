/** What operators order in the middle of it all: other members, another leader. */
import type { MemberChange } from "../../raft/core/membership-change.ts";
import type { Chance } from "../chance.ts";
import type { Process } from "../process.ts";
import type { World } from "../world.ts";

/** Asked of any node, who asks the leader. */
function someNode(world: World, chance: Chance): Process | undefined {
  const { active } = world;
  const leader = active.find(({ status }) => status?.role === "leader");
  if (leader !== undefined && chance.happens(0.6)) return leader;
  return active.length === 0 ? undefined : chance.pick(active);
}

function order(world: World, process: Process, what: string, give: () => Promise<void>): void {
  world.scheduler.after(0, process, what, () => {
    give().then(
      () => world.count(`${what} done`),
      () => world.count(`${what} not done`),
    );
  });
}

export function transfer(world: World, chance: Chance): void {
  const node = someNode(world, chance);
  const voters = node?.status?.membership.voters ?? [];
  if (node === undefined || voters.length === 0) return;
  const to = chance.pick(voters);
  order(world, node, "transfer", () => node.running!.driver.transferLeadership(to));
}

/** Takes somebody in, promotes, demotes or takes out; often several at once, which makes it joint. */
export function members(world: World, chance: Chance): void {
  const node = someNode(world, chance);
  const membership = node?.status?.membership;
  if (node === undefined || membership === undefined || membership.voters.length === 0) return;
  const changes = new Map<string, MemberChange>();
  const gone = [...membership.voters, ...membership.learners].filter(
    (id) => !world.machines.some((machine) => machine.id === id && !machine.damaged),
  );
  for (const id of gone) if (chance.happens(0.5)) changes.set(id, { become: "removed", id });
  for (let count = 1 + chance.below(3); count > 0; count--) {
    const machine = chance.pick(world.machines);
    const { id, witness, process } = machine;
    if (process?.active !== true || machine.damaged) continue;
    const isVoter = membership.voters.includes(id);
    // An operator who takes healthy voters out while others are gone for good takes the quorum away.
    if (isVoter && gone.length > 0) continue;
    const become = witness
      ? ("witness" as const)
      : chance.pick(
          isVoter ? (["learner", "removed", "voter"] as const) : (["learner", "voter", "voter"] as const),
        );
    changes.set(id, { become, id });
  }
  if (changes.size === 0) return;
  world.orderedUntil = world.scheduler.now + 80 * world.swarm.tickMs;
  order(world, node, "members", () => node.running!.driver.changeMembers([...changes.values()]));
}
