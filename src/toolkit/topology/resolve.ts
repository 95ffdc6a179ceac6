import { Bytes } from "../../support/bytes.ts";
import { Duration } from "../../support/duration.ts";
import type { ClusterSpec } from "../spec/schema.ts";
import { splitEndpoint, splitHop } from "../spec/values.ts";
import type { Machine, MailSettings, SshTarget, Topology } from "./topology.ts";

/** The topology of a description: units read, defaults that depend on other values filled in. */
export function resolve(spec: ClusterSpec): Topology {
  const { balancer, cache, database, network, storage } = spec;
  return {
    cluster: spec.name,
    platform: spec.platform,
    network: {
      cidr: network.cidr,
      vip: network.vip,
      ...(network.interface !== undefined && { interface: network.interface }),
    },
    machines: Object.entries(spec.machines).map(([name, machine]) => resolveMachine(spec, name, machine)),
    mail: resolveMail(spec),
    balancer: {
      algorithm: balancer.algorithm,
      maxConnections: balancer.maxConnections,
      statsUser: balancer.statsUser,
      hardStopAfterMs: ms(balancer.hardStopAfter),
      vrrp: {
        routerId: balancer.vrrp.routerId,
        advertIntervalMs: ms(balancer.vrrp.advertInterval),
        missedAdverts: balancer.vrrp.missedAdverts,
        preempt: balancer.vrrp.preempt,
      },
    },
    database: {
      name: database.name,
      user: database.user,
      bufferPoolBytes: Bytes.parse(database.bufferPool).count,
      maxConnections: database.maxConnections,
      flushLogAtTrxCommit: database.flushLogAtTrxCommit,
      suspectTimeoutMs: ms(database.suspectTimeout),
      inactiveTimeoutMs: ms(database.inactiveTimeout),
    },
    cache: {
      masterName: cache.masterName,
      maxMemoryBytes: Bytes.parse(cache.maxMemory).count,
      downAfterMs: ms(cache.downAfter),
      failoverTimeoutMs: ms(cache.failoverTimeout),
      maxReplicaLagMs: ms(cache.maxReplicaLag),
    },
    storage,
    tls: { public: spec.tls.public ? { kind: "files", ...spec.tls.public } : { kind: "lab" } },
  };
}

function resolveMachine(spec: ClusterSpec, name: string, machine: ClusterSpec["machines"][string]): Machine {
  return {
    name,
    address: machine.address,
    roles: machine.roles,
    weight: machine.weight,
    ...(machine.region !== undefined && { region: machine.region }),
    ...(machine.electionRank !== undefined && { electionRank: machine.electionRank }),
    ssh: resolveSsh(spec.ssh, machine),
  };
}

/** What neither section says is left to the ~/.ssh/config of whoever connects. */
function resolveSsh(
  common: ClusterSpec["ssh"],
  { address, ssh }: ClusterSpec["machines"][string],
): SshTarget {
  const port = ssh.port ?? common.port;
  const user = ssh.user ?? common.user;
  const jump = ssh.jump ?? common.jump;
  return {
    host: ssh.host ?? address,
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(jump && { jump: jump.map((text) => splitHop(text)!) }),
  };
}

function resolveMail({ name, mail }: ClusterSpec): MailSettings {
  return {
    hostname: mail.hostname ?? `mail.${mail.domains[0] ?? `${name}.internal`}`,
    domains: mail.domains,
    relayNetworks: mail.relayNetworks,
    nextHop: splitEndpoint(mail.nextHop)!,
    maxMessageBytes: Bytes.parse(mail.maxMessageSize).count,
    retry: {
      firstMs: ms(mail.retry.first),
      longestMs: ms(mail.retry.longest),
      giveUpMs: ms(mail.retry.giveUp),
    },
    ...resolveDisk(mail),
  };
}

function resolveDisk({ failedMail, minFreeSpace }: ClusterSpec["mail"]): Pick<MailSettings, "disk"> {
  const { maxSize, maxAge } = failedMail ?? {};
  const disk = {
    ...(maxSize !== undefined && { maxFailedBytes: Bytes.parse(maxSize).count }),
    ...(maxAge !== undefined && { maxFailedAgeMs: ms(maxAge) }),
    ...(minFreeSpace !== undefined && { minFreeBytes: Bytes.parse(minFreeSpace).count }),
  };
  return Object.keys(disk).length > 0 ? { disk } : {};
}

function ms(text: string): number {
  return Duration.parse(text).ms;
}
