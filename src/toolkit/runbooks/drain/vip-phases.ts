import { serializeDrainMark } from "../../../contract/drain-mark.ts";
import { UserError } from "../../../support/errors.ts";
import { handOver, mayBearVip, vipHere, vipIsElsewhere } from "../../services/keepalived/handover.ts";
import type { Answer } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { DrainInput } from "./drain-input.ts";

/** Hands the VIP over and proves by address that exactly one other balancer bears it. Nothing where there is no other. */
export function vipPhases(input: DrainInput, balancers: readonly string[], group: string): readonly Phase[] {
  const { machine, topology, surveys, mark, times } = input;
  const { vip } = topology.network;
  const others = balancers.filter((name) => name !== machine.name);
  if (others.length === 0) return [];
  const handover = plannedPhase(
    `hand the VIP over from ${machine.name}`,
    [
      [
        {
          title: "hold new clients back until the VIP is elsewhere",
          machine: machine.name,
          commands: [handOver(vip, serializeDrainMark(mark), times.handoverMs / 1000)],
          verify: vipIsElsewhere(vip),
          ...(!surveys.get(machine.name)?.hasVipMark && { undo: mayBearVip() }),
        },
      ],
    ],
    group,
  );
  return [handover, { ...oneHolder(vip, machine.name, balancers), group }];
}

/** Looks, and does nothing: two balancers that bear the VIP are as wrong as none. */
function oneHolder(vip: string, drained: string, balancers: readonly string[]): Phase {
  return {
    title: "see that exactly one other balancer bears the VIP",
    machines: balancers,
    observe: () => vipHere(vip),
    decide: (answers: ReadonlyMap<string, Answer>) => {
      const holders = [...answers].filter(([, { stdout }]) => stdout.trim() !== "").map(([name]) => name);
      if (holders.length === 1 && holders[0] !== drained) return [];
      throw new UserError(
        "DRAIN_VIP",
        `the VIP ${vip} should be on exactly one other balancer than ${drained}, and is on ${holders.join(" and ") || "none"}`,
        "see what journalctl -u keepalived says on the balancers",
      );
    },
  };
}
