import { describe, expect, it } from "@jest/globals";
import { assertSpeakable } from "../../../src/mailnode/membership/core/codec.ts";
import type { Member } from "../../../src/mailnode/membership/core/types.ts";
import {
  addressBook,
  announcement,
  foundingNode,
  isWitness,
  leadsIn,
  type Announced,
} from "../../../src/mailnode/node/announcement.ts";

function member(id: string, more: Partial<Announced> = {}, state: Member["state"] = "alive"): Member {
  const metadata = announcement({
    config: { address: "10.0.0.1", witness: false },
    node: `node-${id}`,
    raftPort: 7948,
    founding: { kind: "empty" },
    leads: undefined,
    ...more,
  });
  return { id, state, incarnation: 1, address: { host: "10.0.0.1", port: 7946 }, metadata };
}

describe("what a node tells the others of itself", () => {
  it("is understood by them", () => {
    const witness = member("a", {
      config: { address: "10.0.0.1", witness: true, region: "east" },
      leads: 7,
    });
    expect(foundingNode(witness)).toEqual({
      id: "a",
      name: "node-a",
      witness: true,
      note: { kind: "empty" },
    });
    expect([isWitness(witness), leadsIn(witness)]).toEqual([true, 7]);
    expect([isWitness(member("b")), leadsIn(member("b"))]).toEqual([false, undefined]);
  });

  it("fits gossip at its longest", () => {
    const voters = Array.from({ length: 9 }, (_, i) => i.toString(16).repeat(16));
    const { metadata } = member("a", {
      node: "n".repeat(63),
      config: { address: "255.255.255.255", witness: true, region: "r".repeat(64) },
      founding: { kind: "founded", founders: { voters, witnesses: voters.slice(0, 4) } },
      leads: Number.MAX_SAFE_INTEGER,
    });
    expect(() => assertSpeakable("a".repeat(16), metadata)).not.toThrow();
  });
});

const NONE = { counted: new Set<string>(), machines: new Map<string, string>() };

describe("where members are", () => {
  it("is under the machine that the shared state knows, whatever somebody announces in a member's place", () => {
    const taken = member("a", { node: "node-m" });
    const machines = new Map([["a", "node-a"]]);
    expect(addressBook([taken], { ...NONE, machines }, undefined).get("a")!.name).toBe("node-a");
    expect(addressBook([taken], NONE, undefined).get("a")!.name).toBe("node-m");
  });

  it("is what they say, under their machine's name, for those that are there or count", () => {
    const members = [
      member("a"),
      member("b", {}, "suspect"),
      member("c", {}, "dead"),
      member("d", {}, "left"),
    ];
    const book = addressBook(members, { counted: new Set(["c"]), machines: new Map() }, undefined);
    expect([...book.keys()]).toEqual(["a", "b", "c"]);
    expect(book.get("a")).toEqual({ host: "10.0.0.1", port: 7948, name: "node-a", compress: false });
  });

  it("compresses between regions alone", () => {
    const east = member("a", { config: { address: "10.0.0.1", witness: false, region: "east" } });
    expect(addressBook([east], NONE, "east").get("a")!.compress).toBe(false);
    expect(addressBook([east], NONE, "west").get("a")!.compress).toBe(true);
  });

  it("leaves out who names no place", () => {
    const nowhere = member("a");
    const metadata = { ...nowhere.metadata, addresses: { raft: "nowhere" } };
    expect(addressBook([{ ...nowhere, metadata }], NONE, undefined).size).toBe(0);
  });
});
