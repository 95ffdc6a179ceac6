import type { Construct } from "constructs";
import { PORTS } from "../../contract/ports.ts";
import { Tier, type TierProps } from "./tier.ts";

/** HAProxy and keepalived: the address that clients use, and its way to every other tier. */
export class LoadBalancerTier extends Tier {
  /** The address that moves between the balancers: what DNS names. */
  readonly vip: string;
  /** Where mail servers deliver (RFC 5321). */
  readonly smtp: string;
  /** Where users submit mail, with STARTTLS (RFC 6409). */
  readonly submission: string;
  /** Where users submit mail over TLS from the start (RFC 8314). */
  readonly submissions: string;
  /** The console of the mail nodes, over HTTPS. */
  readonly console: string;

  constructor(scope: Construct, id: string, props: TierProps) {
    super(scope, id, "balancer", props);
    this.vip = this.topology.network.vip;
    this.smtp = this.vipAt(PORTS.smtp);
    this.submission = this.vipAt(PORTS.submission);
    this.submissions = this.vipAt(PORTS.submissions);
    this.console = `https://${this.vipAt(PORTS.console)}`;
    this.output("vip", "the address that clients use", this.vip);
    this.output("smtp", "where mail servers deliver", this.smtp);
    this.output("submission", "where users submit mail, with STARTTLS", this.submission);
    this.output("submissions", "where users submit mail, over TLS", this.submissions);
    this.output("console", "the console of the mail nodes", this.console);
  }
}
