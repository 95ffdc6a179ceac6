import { beforeEach, describe, expect, it } from "@jest/globals";
import { Audit } from "../../../src/mailnode/cluster/audit.ts";
import { OutcomeUnknown } from "../../../src/mailnode/cluster/consensus.ts";
import type { Member } from "../../../src/mailnode/membership/core/types.ts";
import { MemberChanges } from "../../../src/mailnode/node/member-changes.ts";
import { MemberDirectory } from "../../../src/mailnode/node/member-directory.ts";
import { Operations } from "../../../src/mailnode/node/operations.ts";
import {
  enterJoint,
  leaveJoint,
  simpleChange,
  votersChanged,
  type ChangeRefused,
  type MemberChange,
} from "../../../src/mailnode/raft/core/membership-change.ts";
import type { Membership } from "../../../src/mailnode/raft/core/types.ts";
import { ChangeRefusedError } from "../../../src/mailnode/raft/shell/outcome.ts";
import { nodeRecord } from "../fixtures/node-record.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { replicas } from "../cluster/replicas.ts";
import type { VirtualTime } from "../cluster/virtual-time.ts";

/*
 * Members in memory, as whoever asks for a change cannot be made to die at each of its points for real. The rules of
 * changes are the log's own. "x" was node-3 before its disk was lost; gossip has forgotten it, and one report names it.
 */
const REPORTED = { a: "node-1", b: "node-2", x: "node-3" };

const speaks = (id: string, name: string): Member => ({
  id,
  state: "alive",
  incarnation: 1,
  address: { host: "10.0.0.1", port: 7946 },
  metadata: { name, roles: [], addresses: {}, loadPermille: 0 },
});

describe("a replacement that breaks off", () => {
  let time: VirtualTime;
  let changes: MemberChanges;
  let membership: Membership;
  let machines: Map<string, string>;
  let hasCaughtUp: boolean;
  /** Before or after which of the coming changes the answer is lost. */
  let breaks: { left: number; after: boolean } | undefined;

  const made = (wanted: readonly MemberChange[]): Membership | ChangeRefused => {
    const joint = enterJoint(membership, wanted, true);
    if ("refused" in joint || votersChanged(membership, joint) <= 1) return simpleChange(membership, wanted);
    return leaveJoint(joint);
  };
  const change = async (wanted: readonly MemberChange[]): Promise<void> => {
    const isLast = breaks !== undefined && breaks.left-- === 0;
    if (isLast && !breaks!.after) throw new OutcomeUnknown("the leader is gone");
    const next = made(wanted);
    if ("refused" in next) throw new ChangeRefusedError(next.refused);
    membership = next;
    // A learner reports, in the place of what its machine was before.
    if (next.learners.includes("y")) machines.set("node-3", "y");
    if (isLast) throw new OutcomeUnknown("the leader is gone");
  };

  beforeEach(() => {
    const { time: virtual, replica, env } = replicas();
    time = virtual;
    machines = new Map(Object.entries(REPORTED).map(([id, machine]) => [machine, id]));
    membership = {
      voters: ["a", "b", "x"],
      votersOutgoing: [],
      learners: [],
      learnersNext: [],
      witnesses: [],
      autoLeave: false,
    };
    hasCaughtUp = true;
    breaks = undefined;
    const self = { id: "a", name: "node-1" };
    const directory = new MemberDirectory({
      self,
      gossip: () => [speaks("a", "node-1"), speaks("b", "node-2"), speaks("y", "node-3")],
      reports: () => [...machines].map(([machine, member]) => [machine, nodeRecord({ member })]),
      log: () =>
        [...membership.voters, ...membership.learners].map((id) => ({
          id,
          voter: membership.voters.includes(id),
          witness: false,
        })),
    });
    changes = new MemberChanges({
      self,
      directory,
      change,
      membership: () => membership,
      isHere: (id) => id !== "x",
      hasCaughtUp: () => hasCaughtUp,
      operations: new Operations(new Audit(replica("node-1")), quietLog),
      forget: async () => undefined,
      env: env("node-1"),
      catchUpMs: 1_000,
    });
  });

  /** Again, as apply says it: what its machine was before is replaced, and who is a learner already is added. */
  async function again(): Promise<void> {
    const isLearner = membership.learners.includes("y");
    await time.until(isLearner ? changes.add("node-3") : changes.replace("node-3"));
  }

  it.each([
    ["before the new one is a learner", { left: 0, after: false }],
    ["when it is one, unheard", { left: 0, after: true }],
    ["before it votes", { left: 1, after: false }],
  ])("%s leaves nobody behind when it is asked for again", async (_when, at) => {
    breaks = { ...at };
    await expect(time.until(changes.replace("node-3"))).rejects.toThrow(OutcomeUnknown);
    breaks = undefined;
    await again();
    expect(membership).toMatchObject({ voters: ["a", "b", "y"], learners: [] });
  });

  it.each([["add"], ["replace"]] as const)(
    "as the new one is behind leaves nobody behind after %s",
    async (second) => {
      hasCaughtUp = false;
      await expect(time.until(changes.replace("node-3"))).rejects.toMatchObject({
        code: "CLUSTER_MEMBER_BEHIND",
      });
      expect(membership).toMatchObject({ voters: ["a", "b"], learners: ["y"] });
      hasCaughtUp = true;
      await time.until(changes[second]("node-3"));
      expect(membership).toMatchObject({ voters: ["a", "b", "y"], learners: [] });
    },
  );

  it("is not to be had by adding the new one, which says so", async () => {
    await expect(time.until(changes.add("node-3"))).rejects.toMatchObject({
      code: "CLUSTER_MEMBER_AWAY",
      message: expect.stringMatching(/as x, .* and y says/),
    });
  });

  it("when all is done has nothing left to do", async () => {
    breaks = { left: 1, after: true };
    await expect(time.until(changes.replace("node-3"))).rejects.toThrow(OutcomeUnknown);
    expect(membership).toMatchObject({ voters: ["a", "b", "y"], learners: [] });
    await time.until(changes.add("node-3"));
    expect(membership).toMatchObject({ voters: ["a", "b", "y"], learners: [] });
  });

  it("with a learner whose report hides what it was is refused until that is out, by its id", async () => {
    membership = { ...membership, learners: ["y"] };
    machines.set("node-3", "y");
    for (const action of ["add", "replace", "remove"] as const)
      await expect(time.until(changes[action]("node-3"))).rejects.toMatchObject({
        code: "CLUSTER_MEMBER_UNNAMED",
        message: expect.stringContaining("x"),
        remedy: expect.stringContaining("member remove x"),
      });
    await time.until(changes.remove("x"));
    await time.until(changes.add("node-3"));
    expect(membership).toMatchObject({ voters: ["a", "b", "y"], learners: [] });
  });

  it("with a learner beside what it was takes that out before it lets the learner vote", async () => {
    membership = { ...membership, learners: ["y"] };
    hasCaughtUp = false;
    await expect(time.until(changes.replace("node-3"))).rejects.toMatchObject({
      code: "CLUSTER_MEMBER_BEHIND",
    });
    expect(membership).toMatchObject({ voters: ["a", "b"], learners: ["y"] });
  });
});
