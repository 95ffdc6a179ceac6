import type { Role, Topology } from "../topology/topology.ts";
import type { ClusterStatus, MachineStatus } from "./cluster-status.ts";
import type { Finding } from "./finding.ts";
import type { Evidence } from "./sources.ts";

/** What a rule judges. */
export interface View {
  readonly topology: Topology;
  readonly status: ClusterStatus;
}

/** A group of rules: a pure function, in a file of its own. */
export type Rules = (view: View) => readonly Finding[];

export function answering({ status }: View, role?: Role): readonly MachineStatus[] {
  return status.machines.filter(
    ({ unreachable, roles }) => unreachable === undefined && (role === undefined || roles.includes(role)),
  );
}

export function isAway({ status }: View, machine: string): boolean {
  return status.machines.find((candidate) => candidate.machine === machine)?.unreachable !== undefined;
}

/** Whether the machine bears a drain mark itself: then it is out of service because somebody wants it to be. */
export function isDrained({ status }: View, machine: string): boolean {
  return status.machines.find((candidate) => candidate.machine === machine)?.marks?.own !== undefined;
}

/** Those that answered and have this evidence, with it. */
export function having<K extends keyof Evidence>(
  view: View,
  key: K,
): readonly { readonly machine: MachineStatus; readonly found: NonNullable<Evidence[K]> }[] {
  return answering(view).flatMap((machine) => {
    const found = machine.evidence[key];
    return found === undefined ? [] : [{ machine, found }];
  });
}

/** The machine of an address, or the address where it is none of ours. */
export function nameOf({ topology }: View, address: string): string {
  return topology.machines.find((machine) => machine.address === address)?.name ?? address;
}

export function fails(machine: MachineStatus, service: string): boolean {
  return machine.services.some((candidate) => candidate.service === service && !candidate.isWorking);
}

/** "a", "a and b", "a, b and c". */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
