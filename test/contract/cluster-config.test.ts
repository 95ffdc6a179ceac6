import { describe, expect, it } from "@jest/globals";
import type { ClusterConfig } from "../../src/contract/cluster-config.ts";
import { parseMailNodeConfig, serializeMailNodeConfig } from "../../src/contract/mailnode-config.ts";
import { FaultsError } from "../../src/support/errors.ts";
import { sampleConfig } from "../mailnode/fixtures/config.ts";

const SECTION = {
  name: "acme",
  founders: ["node-1", "node-2", "node-3"],
  directory: "/var/lib/mailbastion/raft",
  address: "10.0.0.1",
  gossip: { port: 7946, keys: "/etc/mailbastion/gossip.keys" },
  raft: { port: 7948, pem: "/etc/mailbastion/node.pem", authority: "/etc/mailbastion/authority.pem" },
  discovery: { method: "static", seeds: ["10.0.0.2:7946"] },
};

function parse(section: unknown) {
  return parseMailNodeConfig(JSON.stringify({ ...sampleConfig(), cluster: section }), "mbnode.json");
}

/** The faults of a section, as "path: rule; remedy". */
function faultsOf(changes: object, more: object = {}): readonly string[] {
  try {
    const text = JSON.stringify({ ...sampleConfig(), ...more, cluster: { ...SECTION, ...changes } });
    parseMailNodeConfig(text, "mbnode.json");
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return error.faults.map(({ path, rule, remedy }) => `${path}: ${rule}; ${remedy}`);
  }
  return [];
}

describe("the cluster section of a mail node's configuration", () => {
  it("has defaults for what need not be said", () => {
    expect(parse(SECTION).cluster).toMatchObject({
      witness: false,
      heartbeatMs: 100,
      electionMs: 1000,
      failureDetectionMs: 10_000,
      weight: 1,
    });
  });

  it("is written as it was given, without defaults that nobody asked for", () => {
    const text = serializeMailNodeConfig(
      { ...sampleConfig(), cluster: SECTION as unknown as ClusterConfig },
      "x",
    );
    expect((JSON.parse(text) as { cluster: unknown }).cluster).toEqual(SECTION);
  });

  it("names the near key, also behind defaults, options and the ways to discover", () => {
    expect(faultsOf({ electonMs: 1000 })).toEqual([
      'cluster.electonMs: is not a known key; did you mean "electionMs"?',
    ]);
    expect(faultsOf({ agentCheck: { port: 7949, balancers: [], balancer: [] } })).toEqual([
      'cluster.agentCheck.balancer: is not a known key; did you mean "balancers"?',
    ]);
    expect(faultsOf({ discovery: { method: "dns", name: "mail.internal", server: [] } })).toEqual([
      'cluster.discovery.server: is not a known key; did you mean "servers"?',
    ]);
    expect(faultsOf({ discovery: { method: "multicast", zzzzzz: 1 } })).toEqual([
      "cluster.discovery.zzzzzz: is not a known key; use one of method",
    ]);
  });

  it("names the ways to discover when one is misspelt or missing", () => {
    const rule = "must be one of static, dns, dns-srv, multicast, kubernetes, consul";
    const remedy = "mend it in the cluster file and apply again";
    expect(faultsOf({ discovery: { method: "statik", seeds: [] } })).toEqual([
      `cluster.discovery.method: ${rule}; ${remedy}`,
    ]);
    expect(faultsOf({ discovery: {} })).toEqual([`cluster.discovery.method: is missing; ${remedy}`]);
  });

  it("shows all of its faults at once", () => {
    const faults = faultsOf({
      founders: [],
      heartbeatMs: 0,
      weight: 300,
      region: "two words",
      discovery: { method: "static", seeds: ["nowhere"] },
    });
    expect(faults.map((fault) => fault.split(":")[0])).toEqual([
      "cluster.founders",
      "cluster.discovery.seeds.0",
      "cluster.region",
      "cluster.heartbeatMs",
      "cluster.weight",
    ]);
  });

  it.each([
    [{ founders: ["node-1", "node-2", "node-1"] }, "cluster.founders.2: is named already"],
    [{ witness: true }, "cluster.founders.0: is a witness, and the first founder must hold the state"],
    [{ witness: true, founders: ["node-2", "node-1"] }, "cluster.witness: needs two founders beside it"],
    [{ electionRank: 11 }, "cluster.electionRank: must be at most 10"],
    [{ electionRank: -1 }, "cluster.electionRank: must be a whole number from 0"],
    [{ heartbeatMs: 500 }, "cluster.electionMs: must be at least 3 times heartbeatMs (500)"],
    [{ failureDetectionMs: 900 }, "cluster.failureDetectionMs: must not be shorter than electionMs (1000)"],
    [
      { raft: { ...SECTION.raft, port: 7946 } },
      "cluster.raft.port: is taken on 10.0.0.1 by cluster.gossip.port already",
    ],
    [
      { address: "127.0.0.1", agentCheck: { port: 8443, balancers: [] } },
      "cluster.agentCheck.port: is taken on 127.0.0.1 by admin already",
    ],
    [
      { gossip: { ...SECTION.gossip, port: 7947 }, discovery: { method: "multicast" } },
      "cluster.gossip.port: is the port on which multicast asks",
    ],
    [
      { discovery: { method: "static", seeds: ["10.0.0.2:99999"] } },
      "cluster.discovery.seeds.0: has no port from 1 to 65535",
    ],
    [
      { founders: Array.from({ length: 10 }, (_, i) => `node-${i}`) },
      "cluster.founders: must name at most 9 founders",
    ],
  ])("refuses what does not go together: %j", (changes, fault) => {
    const faults = faultsOf(changes);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it("takes a witness among three founders that is not the first", () => {
    expect(faultsOf({ witness: true }, { node: "node-3" })).toEqual([]);
  });
});
