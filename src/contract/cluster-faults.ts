import type { Fault } from "../support/errors.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { PORTS } from "./ports.ts";

/** What is taken on a node's address by others than the cluster: "10.0.0.1:25" by the path of who takes it. */
export type TakenPorts = ReadonlyMap<string, string>;

/** An election that begins after less than so many heartbeats would be called by single packets that come late. */
const MIN_HEARTBEATS = 3;

/** Faults of a cluster section that no single key shows. Paths begin with "cluster." */
export function clusterFaults(cluster: ClusterConfig, node: string, taken: TakenPorts): readonly Fault[] {
  return [
    ...founderFaults(cluster, node),
    ...timeFaults(cluster),
    ...portFaults(cluster, taken),
    ...seedFaults(cluster),
  ];
}

function founderFaults({ founders, witness }: ClusterConfig, node: string): readonly Fault[] {
  const faults: Fault[] = [];
  founders.forEach((founder, index) => {
    if (founders.indexOf(founder) === index) return;
    const path = `cluster.founders.${index}`;
    faults.push({ path, value: founder, rule: "is named already", remedy: "name each founder once" });
  });
  if (!witness || !founders.includes(node)) return faults;
  if (founders[0] === node)
    faults.push({
      path: "cluster.founders.0",
      value: node,
      rule: "is a witness, and the first founder must hold the state",
      remedy: "name a machine first that is no witness",
    });
  if (founders.length < 3)
    faults.push({
      path: "cluster.witness",
      value: true,
      rule: `needs two founders beside it that hold the state, and there are ${founders.length} in all`,
      remedy: "name three founders, or make no witness of this node",
    });
  return faults;
}

function timeFaults({ heartbeatMs, electionMs, failureDetectionMs }: ClusterConfig): readonly Fault[] {
  const faults: Fault[] = [];
  if (electionMs < MIN_HEARTBEATS * heartbeatMs)
    faults.push({
      path: "cluster.electionMs",
      value: electionMs,
      rule: `must be at least ${MIN_HEARTBEATS} times heartbeatMs (${heartbeatMs})`,
      remedy: `raise it to ${10 * heartbeatMs}, or lower heartbeatMs`,
    });
  if (failureDetectionMs < electionMs)
    faults.push({
      path: "cluster.failureDetectionMs",
      value: failureDetectionMs,
      rule: `must not be shorter than electionMs (${electionMs})`,
      remedy: "raise it",
    });
  return faults;
}

function portFaults(cluster: ClusterConfig, taken: TakenPorts): readonly Fault[] {
  const { address, gossip, raft, agentCheck, discovery } = cluster;
  const owners = new Map(taken);
  const faults: Fault[] = [];
  const claim = (path: string, port: number): void => {
    const owner = owners.get(`${address}:${port}`);
    if (owner === undefined) owners.set(`${address}:${port}`, path);
    else
      faults.push({
        path,
        value: port,
        rule: `is taken on ${address} by ${owner} already`,
        remedy: "choose another port",
      });
  };
  claim("cluster.gossip.port", gossip.port);
  claim("cluster.raft.port", raft.port);
  if (agentCheck !== undefined) claim("cluster.agentCheck.port", agentCheck.port);
  // The only fixed one: all of the local network are asked there.
  if (discovery.method === "multicast" && gossip.port === PORTS.discovery)
    faults.push({
      path: "cluster.gossip.port",
      value: gossip.port,
      rule: "is the port on which multicast asks",
      remedy: `choose another port, such as ${PORTS.gossip}`,
    });
  return faults;
}

function seedFaults({ discovery }: ClusterConfig): readonly Fault[] {
  if (discovery.method !== "static") return [];
  return discovery.seeds.flatMap((seed, index) => {
    const port = Number(seed.slice(seed.lastIndexOf(":") + 1));
    if (port >= 1 && port <= 65_535) return [];
    const path = `cluster.discovery.seeds.${index}`;
    return [{ path, value: seed, rule: "has no port from 1 to 65535", remedy: "mend the port" }];
  });
}
