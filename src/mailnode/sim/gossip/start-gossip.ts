/** Starts the gossip of a simulated process as a real node does, over the simulated disk, network and time. */
import { pino } from "pino";
import { Secret } from "../../../support/secret.ts";
import type { Env } from "../../../support/env.ts";
import { Gossip } from "../../membership/shell/gossip.ts";
import { IncarnationFile } from "../../membership/shell/incarnation-file.ts";
import { KeyRing } from "../../membership/shell/key-ring.ts";
import type { Host, Process } from "../process.ts";
import { gossipAddress, type GossipNetwork } from "./gossip-network.ts";
import { gossipProfile } from "./gossip-profile.ts";

const KEYS = new KeyRing(new Secret(Buffer.alloc(32, "gossip").toString("base64")));
const LOG = pino({ level: "silent" });

export interface GossipSurroundings {
  readonly network: GossipNetwork;
  /** All machines, of which it asks for members. */
  readonly machines: readonly Host[];
  readonly env: Env;
  readonly tickMs: number;
  /** Where the log lies, and the used incarnations beside it. */
  readonly directory: string;
}

/** Resolves when it gossips, in no time. Rejects with what the disk throws. */
export async function startGossip(
  process: Process,
  { network, machines, env, tickMs, directory }: GossipSurroundings,
): Promise<Gossip> {
  const { machine } = process;
  const gossip = await Gossip.start({
    id: machine.id,
    cluster: "simulation",
    metadata: { name: machine.name, roles: [], addresses: {}, loadPermille: 0 },
    profile: gossipProfile(tickMs),
    keys: KEYS,
    incarnations: new IncarnationFile(machine.disk, directory),
    openTransport: async (receiver) => network.transport(process, receiver),
    env,
    log: LOG,
  });
  gossip.join(machines.map(gossipAddress));
  return gossip;
}
