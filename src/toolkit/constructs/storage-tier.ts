import type { Construct } from "constructs";
import { votersIn } from "../topology/voters.ts";
import { Tier, type TierProps } from "./tier.ts";

/** GlusterFS: a volume that every member holds a copy of. */
export class StorageTier extends Tier {
  /** What a client mounts, "192.168.1.101:/quarantine"; those that it may fall back to are in `servers`, a witness last. */
  readonly source: string;
  readonly servers: readonly string[];
  /** Where the mail nodes see the volume. */
  readonly mountPath: string;

  constructor(scope: Construct, id: string, props: TierProps) {
    super(scope, id, "storage", props);
    const { volume, mountPath } = this.topology.storage;
    this.servers = votersIn(this.topology, "storage").map(({ address }) => address);
    this.source = `${this.servers[0] ?? ""}:/${volume}`;
    this.mountPath = mountPath;
    this.output("source", "the shared volume, as a client mounts it", this.source);
  }
}
