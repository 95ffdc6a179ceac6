import type { Mutant } from "./mutant.ts";

export const timeoutTakenAsFailure: Mutant = {
  name: "timeout-taken-as-failure",
  bug: "A leader who does not answer in time is taken to have refused.",
  file: "raft/shell/pending-asks.ts",
  replace: 'this.settle(request, pending.to, { type: "unknown", why: "the leader did not answer in time" });',
  by: 'this.settle(request, pending.to, { type: "notProposed", reason: "stopped" });',
  withinSeeds: 150,
};
