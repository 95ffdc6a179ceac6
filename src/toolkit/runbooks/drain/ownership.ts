import type { DrainMark } from "../../../contract/drain-mark.ts";
import type { MachineSurvey } from "../survey/machine.ts";
import { fault, type Objection } from "./objections.ts";

/** Every mark about the machine, its own first, then those that balancers hold. */
export function marksOf(machine: string, surveys: ReadonlyMap<string, MachineSurvey>): readonly DrainMark[] {
  const own = surveys.get(machine)?.mark;
  const told = [...surveys.values()].flatMap(({ balancer }) => balancer?.marks.get(machine) ?? []);
  return [...(own ? [own] : []), ...told];
}

/** Nobody takes over what somebody else has drained: two people would each believe that it is theirs to give back. */
export function objectionToOwner(
  machine: string,
  marks: readonly DrainMark[],
  owner: string,
): readonly Objection[] {
  const foreign = marks.find((mark) => mark.owner !== owner);
  if (!foreign) return [];
  const sentence = `${machine} was drained by ${described(foreign)}, and you are ${owner}`;
  return [fault("DRAINED_BY_ANOTHER", sentence, `ask ${foreign.owner}`, true)];
}

/** Servers that a balancer holds for drained though it has no mark about the machine: somebody's work on its socket. */
export function drainedByHand(
  name: string,
  surveys: ReadonlyMap<string, MachineSurvey>,
): readonly Objection[] {
  return [...surveys.values()].flatMap(({ machine, balancer }) => {
    if (!balancer || balancer.marks.has(name)) return [];
    const drained = balancer.servers.filter((server) => server.machine === name && server.isDrained);
    if (drained.length === 0) return [];
    const sentence = `on ${machine.name} ${drained.map(({ listener }) => `${listener}/${name}`).join(", ")} was drained by hand`;
    return [fault("DRAINED_BY_ANOTHER", sentence, "find out who did it", true)];
  });
}

/** "ada@desk on 2026-11-22T18:00:00.000Z: a new disk". */
export function described({ owner, at, reason }: DrainMark): string {
  return `${owner}${at === "" ? "" : ` on ${at}`}${reason === "" ? "" : ` (${reason})`}`;
}
