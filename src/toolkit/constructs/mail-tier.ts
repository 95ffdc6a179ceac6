import type { Construct } from "constructs";
import { PORTS } from "../../contract/ports.ts";
import { Tier, type TierProps } from "./tier.ts";

/** The mail nodes: they accept mail, keep it until it is delivered, and pass it on. */
export class MailTier extends Tier {
  /** Where each node takes SMTP from the balancers. */
  readonly nodes: readonly string[];

  constructor(scope: Construct, id: string, props: TierProps) {
    super(scope, id, "mail", props);
    this.nodes = this.membersAt(PORTS.smtp);
  }
}
