import type { Mutant } from "./mutant.ts";

export const preVoteRaisesTerm: Mutant = {
  name: "pre-vote-raises-term",
  bug: "A question in advance makes a new term.",
  file: "raft/core/raft.ts",
  replace:
    'if (message.type === "preVote" || (message.type === "preVoteResponse" && message.granted)) return true;',
  by: 'if (message.type === "preVoteResponse" && message.granted) return true;',
  withinSeeds: 150,
};
