import type { Topology } from "../../topology/topology.ts";
import { votesIn } from "../../topology/voters.ts";

/** What "gluster volume info" says of a volume. */
export interface Volume {
  readonly started: boolean;
  /** "address:path" */
  readonly bricks: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/** Undefined when the text holds no volume: there is none, or nobody who could say so. */
export function parseVolume(text: string): Volume | undefined {
  if (!/^Volume Name: /m.test(text)) return undefined;
  const [head, options = ""] = text.split(/^Options Reconfigured:\s*$/m);
  const pairs = [...options.matchAll(/^(\S+): (.*)$/gm)].map(
    ([, name, value]) => [name!, value!.trim()] as const,
  );
  return {
    started: /^Status: Started\s*$/m.test(head!),
    bricks: [...head!.matchAll(/^Brick\d+: (\S+)/gm)].map(([, brick]) => brick!),
    options: new Map(pairs),
  };
}

/**
 * The volume's settings (Gluster documentation, "Managing GlusterFS Volumes").
 *
 * Quorum auto: a client writes only while it sees more than half of the replicas. A brick that is gone without a
 * word is given up after the ping timeout, during which writers wait; the default of 42 seconds is longer than
 * mail clients do.
 */
export function volumeOptions(topology: Topology): Readonly<Record<string, string>> {
  const clients = topology.machines.filter(
    (machine) => machine.roles.includes("mail") || votesIn(topology, machine, "storage"),
  );
  return {
    "cluster.quorum-type": "auto",
    "network.ping-timeout": "10",
    "auth.allow": clients.map(({ address }) => address).join(","),
  };
}
