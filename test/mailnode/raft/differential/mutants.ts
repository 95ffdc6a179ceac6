/** Bugs to plant in the core besides those of the simulation: each must show as a difference from the oracle. */
import type { PlantedBug } from "../../../../src/mailnode/sim/mutants/mutant.ts";

export const MUTANTS: readonly PlantedBug[] = [
  {
    name: "read-index-too-low",
    bug: "A read is answered with the index before the one that was committed when it came.",
    file: "raft/core/readindex.ts",
    replace: "reads.startRound(state.round + 1, log.committed);",
    by: "reads.startRound(state.round + 1, log.committed - 1);",
  },
  {
    name: "read-joins-earlier-round",
    bug: "A read is proven by answers to a round of heartbeats that went out before it came.",
    file: "raft/core/readindex.ts",
    replace: "reads.startRound(state.round + 1, log.committed);",
    by: "reads.startRound(state.round, log.committed);",
  },
  {
    name: "joint-membership-ignored-by-reads",
    bug: "The outgoing half of a joint membership has no say in what is read.",
    file: "raft/tracker/tracker.ts",
    replace: "  confirmedRound(ownRound: number): number {\n    return this.#quorum.committedIndex(",
    by: "  confirmedRound(ownRound: number): number {\n    return new JointConfig(this.#quorum.incoming).committedIndex(",
  },
  {
    name: "learner-counts",
    bug: "A learner counts in the quorum.",
    file: "raft/quorum/joint.ts",
    replace: "return new JointConfig(membership.voters, membership.votersOutgoing);",
    by: "return new JointConfig([...membership.voters, ...membership.learners], membership.votersOutgoing);",
  },
  {
    name: "learner-refuses-to-vote",
    bug: "Who does not know yet that it was promoted refuses to vote.",
    file: "raft/core/election.ts",
    replace: "const granted = free && ",
    by: "const granted = free && state.log.membership.voters.includes(state.id) && ",
  },
  {
    name: "membership-one-entry-early",
    bug: "A membership is taken to be in force one entry before its own.",
    file: "raft/core/membership-history.ts",
    replace: "if (record.index <= index) return record;",
    by: "if (record.index <= index + 1) return record;",
  },
  {
    name: "membership-not-rolled-back",
    bug: "A membership stays in force when a new leader overwrites its entry.",
    file: "raft/core/log.ts",
    replace: "    this.#memberships.truncateFrom(index);\n",
    by: "",
  },
  {
    name: "change-before-first-commit",
    bug: "A new leader changes the members before it has committed an entry of its term.",
    file: "raft/core/membership.ts",
    replace: '  if (!state.committedInTerm) return "before-first-commit";\n',
    by: "",
  },
];
