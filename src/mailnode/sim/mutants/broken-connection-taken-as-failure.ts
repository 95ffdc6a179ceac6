import type { Mutant } from "./mutant.ts";

export const brokenConnectionTakenAsFailure: Mutant = {
  name: "broken-connection-taken-as-failure",
  bug: "A broken connection to the leader is taken to mean that nothing was done.",
  file: "raft/shell/pending-asks.ts",
  replace: 'if (isLost(to)) this.settle(request, to, { type: "unknown", why });',
  by: 'if (isLost(to)) this.settle(request, to, { type: "notProposed", reason: why === "" ? "no-leader" : "stopped" });',
  withinSeeds: 150,
};
