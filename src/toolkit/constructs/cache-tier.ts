import type { Construct } from "constructs";
import { PORTS } from "../../contract/ports.ts";
import { votersIn } from "../topology/voters.ts";
import { Tier, type TierProps } from "./tier.ts";

/** Redis with Sentinel: one master, chosen by the Sentinels, and its replicas. */
export class CacheTier extends Tier {
  /** The listener that leads to the master. */
  readonly master: string;
  /** For clients that ask the Sentinels themselves, together with `masterName`. A witness has one too. */
  readonly sentinels: readonly string[];
  /** What the Sentinels call the master. */
  readonly masterName: string;

  constructor(scope: Construct, id: string, props: TierProps) {
    super(scope, id, "cache", props);
    this.master = this.vipAt(PORTS.cache);
    this.sentinels = votersIn(this.topology, "cache").map(({ address }) => `${address}:${PORTS.sentinel}`);
    this.masterName = this.topology.cache.masterName;
    this.output("master", "the cache, at its master", this.master);
  }
}
