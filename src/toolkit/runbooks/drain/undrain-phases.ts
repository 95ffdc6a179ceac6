import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { removeMark } from "../../services/drain-marks.ts";
import * as haproxy from "../../services/haproxy/drain.ts";
import { mayBearVip } from "../../services/keepalived/handover.ts";
import { isNodeReady } from "../../services/mailnode/drain.ts";
import { beEligible, isEligible } from "../../services/redis/drain.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Stage } from "../../steps/step.ts";
import type { Machine, Role } from "../../topology/topology.ts";

/**
 * Gives a machine back, in the reverse order of its drain: what it does itself first, and the balancers when it does
 * it. No group: what is given back stays so when a later step fails.
 *
 * @param balancers those that can be told, in the order of the topology
 */
export function undrainPhases(machine: Machine, balancers: readonly string[]): readonly Phase[] {
  const { name } = machine;
  const has = (role: Role) => machine.roles.includes(role);
  const phases: Phase[] = [];
  const add = (title: string, ...stages: readonly Stage[]) => phases.push(plannedPhase(title, stages));

  if (has("balancer"))
    add(`let ${name} bear the VIP again`, [
      { title: "take the VIP's mark off", machine: name, commands: mayBearVip() },
    ]);
  add(`take the mark off ${name}`, [
    {
      title: "take the mark off",
      machine: name,
      commands: [removeMark(DRAIN_MARKS.drained)],
      ...(has("mail") && { verify: isNodeReady() }),
    },
  ]);
  if (has("cache"))
    add(`let Sentinel choose the cache of ${name} again`, [
      {
        title: "let Sentinel choose this cache again",
        machine: name,
        commands: [beEligible(machine)],
        verify: isEligible(machine),
      },
    ]);
  if (has("database"))
    add(
      `see that the balancers have the database of ${name} again`,
      balancers.map((balancer) => ({
        title: `see that the database of ${name} is up`,
        machine: balancer,
        commands: [],
        verify: haproxy.hasReturned("database", name),
      })),
    );
  if (has("mail"))
    add(
      `put ${name} back into every balancer`,
      balancers.map((balancer) => ({
        title: `send sessions to ${name} again`,
        machine: balancer,
        commands: haproxy.putBack(name),
        verify: haproxy.isServing(name),
      })),
    );
  return phases;
}
