import { describe, expect, it } from "@jest/globals";
import { parseNodeConfig, serializeWitnessConfig, takesMail } from "../../src/contract/witness-config.ts";
import { FaultsError } from "../../src/support/errors.ts";
import { sampleConfig } from "../mailnode/fixtures/config.ts";

const CLUSTER = {
  name: "acme",
  founders: ["node-1", "node-2", "node-3"],
  witness: true,
  directory: "/var/lib/mailbastion/raft",
  address: "10.0.0.3",
  gossip: { port: 7946, keys: "/etc/mailbastion/gossip.keys" },
  raft: { port: 7948, pem: "/etc/mailbastion/node.pem", authority: "/etc/mailbastion/authority.pem" },
  discovery: { method: "static", seeds: ["10.0.0.2:7946"] },
};
const WITNESS = {
  node: "node-3",
  admin: { address: "10.0.0.3", port: 443, pem: "/etc/mailbastion/node.pem" },
  cluster: CLUSTER,
};

const parse = (data: unknown) => parseNodeConfig(JSON.stringify(data), "mbnode.json");

function faultsOf(data: unknown): readonly string[] {
  try {
    parse(data);
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return error.faults.map(({ path, rule }) => `${path}: ${rule}`);
  }
  return [];
}

describe("the configuration of a witness", () => {
  it("says no more than who it is and where it votes", () => {
    const config = parse(WITNESS);
    expect(takesMail(config)).toBe(false);
    expect(config).toMatchObject({ node: "node-3", cluster: { witness: true, heartbeatMs: 100 } });
  });

  it("comes back as it was written, with the marker first", () => {
    const config = parse(WITNESS);
    if (takesMail(config)) throw new Error("it takes mail");
    const text = serializeWitnessConfig(config, "made by a test");
    expect(parseNodeConfig(text, "mbnode.json")).toEqual({ $comment: "made by a test", ...config });
    expect(Object.keys(JSON.parse(text) as object)[0]).toBe("$comment");
  });

  it("is that of a mail node where it says where mail is taken, though it votes as a witness", () => {
    expect(takesMail(parse({ ...sampleConfig(), node: "node-3", cluster: CLUSTER }))).toBe(true);
  });

  it("is not taken for one where it is no witness: then all that a mail node needs is missing", () => {
    const faults = faultsOf({ ...WITNESS, cluster: { ...CLUSTER, witness: false } });
    expect(faults).toContain("smtp: is missing");
    expect(faults).toContain("queue: is missing");
  });

  it("has the faults of its cluster section, and knows no key of mail", () => {
    expect(
      faultsOf({ ...WITNESS, cluster: { ...CLUSTER, founders: ["node-3", "node-1", "node-2"] } }),
    ).toEqual(["cluster.founders.0: is a witness, and the first founder must hold the state"]);
    expect(faultsOf({ ...WITNESS, queue: { path: "/var/spool" } })).toEqual(["queue: is not a known key"]);
    expect(faultsOf({ ...WITNESS, admin: { ...WITNESS.admin, port: 7948 } })).toEqual([
      "cluster.raft.port: is taken on 10.0.0.3 by admin already",
    ]);
  });
});
