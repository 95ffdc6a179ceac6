import { Construct } from "constructs";
import type { ClusterSpec } from "../spec/schema.ts";
import { CacheTier } from "./cache-tier.ts";
import { DatabaseTier } from "./database-tier.ts";
import { LoadBalancerTier } from "./load-balancer-tier.ts";
import { Machines, type MachinesProps } from "./machines.ts";
import { MailTier } from "./mail-tier.ts";
import { Rollout, type RolloutProps } from "./rollout.ts";
import { StorageTier } from "./storage-tier.ts";

const MAIL_CLUSTER = Symbol.for("mailbastion/MailCluster");

/** What a cluster needs from its stack beside its description. */
export interface MailClusterOptions extends Omit<MachinesProps, "cluster"> {
  /**
   * What puts the bundles on the machines: program and arguments.
   *
   * @default - `mbctl apply --yes --stack .`
   */
  readonly apply?: NonNullable<RolloutProps["command"]>;
}

/**
 * A whole cluster: its machines, a construct per tier, and the rollout.
 *
 * ```ts
 * new MailCluster(stack, "acme", defineCluster({ name: "acme", ... }));
 * ```
 */
export class MailCluster extends Construct {
  static isMailCluster(value: unknown): value is MailCluster {
    return typeof value === "object" && value !== null && MAIL_CLUSTER in value;
  }

  readonly machines: Machines;
  readonly loadBalancer: LoadBalancerTier;
  readonly mail: MailTier;
  readonly database: DatabaseTier;
  readonly cache: CacheTier;
  readonly storage: StorageTier;
  readonly rollout: Rollout;

  /** `cluster` is a description as defineCluster or loadCluster returned it. */
  constructor(scope: Construct, id: string, cluster: ClusterSpec, options: MailClusterOptions = {}) {
    super(scope, id);
    Object.defineProperty(this, MAIL_CLUSTER, { value: true });
    const { apply, ...rest } = options;
    const machines = new Machines(this, "machines", { cluster, ...rest });
    this.machines = machines;
    this.loadBalancer = new LoadBalancerTier(this, "load-balancer", { machines });
    this.mail = new MailTier(this, "mail", { machines });
    this.database = new DatabaseTier(this, "database", { machines });
    this.cache = new CacheTier(this, "cache", { machines });
    this.storage = new StorageTier(this, "storage", { machines });
    this.rollout = new Rollout(this, "rollout", { machines, ...(apply && { command: apply }) });
  }
}
