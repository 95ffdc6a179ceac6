import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import type { Machine, Role, Topology } from "../topology/topology.ts";
import type { Machines } from "./machines.ts";

const TIER = Symbol.for("mailbastion/Tier");

export interface TierProps {
  /** The machines of the stack; the tier asks it for those that hold its role. */
  readonly machines: Machines;
}

/** A part of a cluster, spread over the machines that hold its role, and where others find it. */
export abstract class Tier extends Construct {
  static isTier(value: unknown): value is Tier {
    return typeof value === "object" && value !== null && TIER in value;
  }

  readonly role: Role;
  /** Those that hold the role, in the order of the description. */
  readonly members: readonly Machine[];
  protected readonly topology: Topology;

  protected constructor(scope: Construct, id: string, role: Role, { machines }: TierProps) {
    super(scope, id);
    Object.defineProperty(this, TIER, { value: true });
    this.role = role;
    this.topology = machines.topology;
    this.members = machines.require(role);
    this.node.addValidation({ validate: () => this.#faults() });
  }

  /** Address and port of every member, "192.168.1.101:3306". */
  protected membersAt(port: number): readonly string[] {
    return this.members.map((machine) => `${machine.address}:${port}`);
  }

  /** The address and port at which the balancers serve the tier, "192.168.1.100:3306". */
  protected vipAt(port: number): string {
    return `${this.topology.network.vip}:${port}`;
  }

  protected output(id: string, description: string, value: string): void {
    new TerraformOutput(this, id, { description, value });
  }

  #faults(): string[] {
    if (this.members.length > 0) return [];
    const { cluster, machines } = this.topology;
    const names = machines.map((machine) => machine.name).join(", ");
    return [
      `no machine of cluster ${cluster} (${names}) has the role ${this.role}; give it to one, or leave the tier out of the stack`,
    ];
  }
}
