import type { Mutant } from "./mutant.ts";

export const gossipRevivesTheDead: Mutant = {
  name: "gossip-revives-the-dead",
  bug: "A late word that a member is alive revives it under the incarnation in which it was declared dead.",
  file: "membership/core/member-table.ts",
  replace: "  return STATES.indexOf(evidence.state) > STATES.indexOf(known.state);",
  by: [
    '  const rank = (state) => (state === "alive" ? STATES.length : STATES.indexOf(state));',
    "  return rank(evidence.state) > rank(known.state);",
  ].join("\n"),
  withinSeeds: 150,
};
