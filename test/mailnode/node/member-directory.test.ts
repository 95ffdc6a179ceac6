import { describe, expect, it } from "@jest/globals";
import type { Member } from "../../../src/mailnode/membership/core/types.ts";
import { MemberDirectory } from "../../../src/mailnode/node/member-directory.ts";
import type { NodeRecord } from "../../../src/mailnode/state/nodes.ts";
import { nodeRecord } from "../fixtures/node-record.ts";

const speaks = (id: string, name: string, state: Member["state"] = "alive"): Member => ({
  id,
  state,
  incarnation: 1,
  address: { host: "10.0.0.1", port: 7946 },
  metadata: { name, roles: [], addresses: {}, loadPermille: 0 },
});

const reported = (node: string, member: string): readonly [string, NodeRecord] => [
  node,
  nodeRecord({ member }),
];

const counts = (id: string, voter = true, witness = false) => ({ id, voter, witness });

describe("which machine a member is", () => {
  const directory = new MemberDirectory({
    self: { id: "1", name: "node-1" },
    gossip: () => [
      speaks("1", "node-1"),
      speaks("2b", "node-2"),
      speaks("2a", "node-2", "dead"),
      speaks("5", "node-5"),
    ],
    reports: () => [reported("node-3", "3")],
    log: () => [counts("1"), counts("2a"), counts("2b", false), counts("3"), counts("4", true, true)],
  });

  it("is what it says itself, else what it reported, else its id", () => {
    expect(["1", "2b", "3", "4"].map((id) => directory.nameOf(id))).toEqual([
      "node-1",
      "node-2",
      "node-3",
      "4",
    ]);
  });

  it("is the living one of several, and those that are no members are found beside", () => {
    expect(directory.idOf("node-2")).toBe("2b");
    expect(directory.membersOn("node-2")).toEqual(["2a", "2b"]);
    expect(directory.membersOn("4")).toEqual(["4"]);
    expect(directory.idOf("node-5")).toBeUndefined();
    expect(directory.strangersOn("node-5").map(({ id }) => id)).toEqual(["5"]);
    expect(directory.strangersOn("node-2")).toEqual([]);
  });

  it("is unknown of who neither speaks nor has reported", () => {
    expect(directory.unnamed()).toEqual(["4"]);
  });

  it("is shown with what the log makes of it and how it seems", () => {
    expect(directory.view()).toEqual([
      { node: "4", id: "4", standing: "witness", seems: "unknown" },
      { node: "node-1", id: "1", standing: "voter", seems: "alive" },
      { node: "node-2", id: "2a", standing: "voter", seems: "dead" },
      { node: "node-2", id: "2b", standing: "learner", seems: "alive" },
      { node: "node-3", id: "3", standing: "voter", seems: "unknown" },
    ]);
  });

  it("never takes another node for this one", () => {
    const twin = new MemberDirectory({
      self: { id: "1", name: "node-1" },
      gossip: () => [speaks("1", "node-1"), speaks("9", "node-1")],
      reports: () => [],
      log: () => [counts("1"), counts("9")],
    });
    expect([twin.nameOf("1"), twin.nameOf("9")]).toEqual(["node-1", "9"]);
  });
});
