import { describe, expect, it } from "@jest/globals";
import { networkRules } from "../../../../../src/toolkit/status/doctor/rules/network.ts";
import { found } from "../deep.ts";
import { takeAway } from "../../whole.ts";

describe("the doctor on the network", () => {
  it("names the ports of a machine that another one gets no answer from, and not those that are refused", () => {
    const reach = "192.168.1.102:4567 silent\n192.168.1.102:24007 silent\n192.168.1.103:4567 refused\n";
    expect(found(networkRules, { "node-1": { reach } })).toEqual([
      expect.objectContaining({
        machines: ["node-1", "node-2"],
        finding: "node-1 gets no answer from node-2 on port 4567 and 24007",
        evidence: [
          "node-1: connecting to 192.168.1.102:4567 timed out after 3 s",
          "node-1: connecting to 192.168.1.102:24007 timed out after 3 s",
        ],
      }),
    ]);
  });

  it("does not blame the way to a machine that is away, and says whether the others reach it", () => {
    const away = (...states: readonly string[]) =>
      found(
        networkRules,
        {
          "node-1": { reach: `192.168.1.102:4567 ${states[0]}\n` },
          "node-3": { reach: `192.168.1.102:4567 ${states[1]}\n` },
        },
        (status) => takeAway(status, "node-2"),
      ).map(({ rule, severity, finding }) => [rule, severity, finding]);
    expect(away("silent", "silent")).toEqual([
      ["away-unseen", "note", "no other machine reaches node-2 either: it is off, or its network is"],
    ]);
    expect(away("open", "refused")).toEqual([
      ["away-seen", "note", "node-2 is reached by node-1 and node-3, though not from here: it runs"],
    ]);
  });

  it("tells a next hop without a name from one that takes no connection", () => {
    const findings = found(networkRules, {
      "node-1": { "next hop": "address \n" },
      "node-2": { "next hop": "address 10.0.0.7\nport shut\n" },
      "node-3": { "next hop": "address 10.0.0.7\nport open\n" },
    });
    expect(findings.map(({ rule, machines }) => [rule, machines])).toEqual([
      ["next-hop-nameless", ["node-1"]],
      ["next-hop-shut", ["node-2"]],
    ]);
  });
});
