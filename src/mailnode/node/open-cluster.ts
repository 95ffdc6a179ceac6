import { realDisk } from "../disk/real-disk.ts";
import type { Member } from "../membership/core/types.ts";
import { Gossip } from "../membership/shell/gossip.ts";
import { IncarnationFile } from "../membership/shell/incarnation-file.ts";
import type { KeyRing } from "../membership/shell/key-ring.ts";
import { SocketTransport } from "../membership/shell/socket-transport.ts";
import { announcement } from "./announcement.ts";
import type { ClusterMemberOptions } from "./cluster-member-options.ts";
import { RunningClusterNode } from "./cluster-node.ts";
import { driverTimes, gossipTimes } from "./cluster-times.ts";
import { readGossipKeys } from "./gossip-keys.ts";
import { MemberDirectory } from "./member-directory.ts";
import { logGossip, saySeldom } from "./member-log.ts";
import { PeerFinding } from "./peer-finding.ts";
import { readIdentity } from "./raft-identity.ts";

/** A node's log, gossip and search for peers: open, with their ports taken, and nothing said or decided yet. */
export interface OpenCluster {
  readonly log: RunningClusterNode;
  readonly gossip: Gossip;
  readonly finding: PeerFinding;
  readonly keys: KeyRing;
  readonly directory: MemberDirectory;
  /** Closes what was opened; gossip says good-bye first when it has time for that. */
  close(goodbyeMs?: number): Promise<void>;
}

/**
 * Opens all that a member needs. What was open is closed again when something fails.
 *
 * Throws what readGossipKeys throws, MAILNODE_FILE_UNREADABLE, CLUSTER_LOG_TAKEN, what openLog throws,
 * DISCOVERY_MULTICAST, and what Node says of a port or a certificate.
 */
export async function openCluster(options: ClusterMemberOptions): Promise<OpenCluster> {
  const { node, config, env, log: logger } = options;
  const keys = await readGossipKeys(config.gossip.keys);
  const identity = await readIdentity(config.raft);
  const closing: ((goodbyeMs: number) => Promise<void>)[] = [];
  const close = async (goodbyeMs = 0): Promise<void> => {
    for (const closeOne of closing.splice(0).reverse()) await closeOne(goodbyeMs);
  };
  try {
    let members = (): readonly Member[] => [];
    let directory!: MemberDirectory;
    const log: RunningClusterNode = await RunningClusterNode.open({
      directory: config.directory,
      cluster: config.name,
      host: config.address,
      port: config.raft.port,
      identity,
      env,
      driver: { ...driverTimes(config), witness: config.witness, electionRank: config.electionRank ?? 0 },
      ...(options.replica && { replica: options.replica }),
      names: (id) =>
        (directory = directoryOf(
          { id, name: node },
          () => log,
          () => members(),
        )),
      report: saySeldom(logger, env),
    });
    closing.push(() => log.stop());
    const gossip = await Gossip.start({
      id: log.id,
      cluster: config.name,
      metadata: announcement({
        config,
        node,
        raftPort: log.port,
        founding: log.isEmpty ? { kind: "empty" } : { kind: "founded" },
        leads: undefined,
      }),
      profile: gossipTimes(config.failureDetectionMs),
      keys,
      incarnations: new IncarnationFile(realDisk, config.directory),
      openTransport: (receiver) =>
        SocketTransport.open({ host: config.address, port: config.gossip.port }, receiver),
      env,
      log: logger,
    });
    closing.push((goodbyeMs) => (goodbyeMs > 0 ? gossip.leave(goodbyeMs) : gossip.stop()));
    members = () => gossip.members();
    gossip.listen((event) => logGossip(logger, event));
    const at = { ...config, gossip: { port: gossip.address.port } };
    const finding = await PeerFinding.start(at, (found) => gossip.join(found), env, logger);
    closing.push(() => finding.stop());
    return { log, gossip, finding, keys, directory, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function directoryOf(
  self: { readonly id: string; readonly name: string },
  node: () => RunningClusterNode,
  gossip: () => readonly Member[],
): MemberDirectory {
  return new MemberDirectory({
    self,
    gossip,
    reports: () => node().replica.machine.nodes.list(),
    log: () => node().driver.members(),
  });
}
