import type { Construct } from "constructs";
import { PORTS } from "../../contract/ports.ts";
import { Tier, type TierProps } from "./tier.ts";

/** MariaDB with Galera: every member holds all data, one at a time is written to. */
export class DatabaseTier extends Tier {
  /** The listener that leads to the one member which is written to. */
  readonly writer: string;
  /** Every member, as the others and the balancers reach it. */
  readonly nodes: readonly string[];

  constructor(scope: Construct, id: string, props: TierProps) {
    super(scope, id, "database", props);
    this.writer = this.vipAt(PORTS.database);
    this.nodes = this.membersAt(PORTS.database);
    this.output("writer", "the database, at the member that is written to", this.writer);
  }
}
