import { describe, expect, it } from "@jest/globals";
import type { Consensus } from "../../../src/mailnode/cluster/consensus.ts";
import { NamedConsensus } from "../../../src/mailnode/cluster/named-consensus.ts";

describe("a log whose members go by the names of their machines", () => {
  it("names leader, members and heirs, and asks the log by their ids", async () => {
    const asked: string[] = [];
    const inner: Consensus = {
      id: "a",
      follow: () => undefined,
      propose: async () => ({ index: 1, term: 1, replicas: 1, committed: true }),
      readIndex: async () => 1,
      leader: () => ({ id: "b", term: 3 }),
      onLeaderChange: (listener) => {
        listener({ id: "b", term: 3 });
        listener(undefined);
        return () => undefined;
      },
      members: () => [{ id: "a", voter: true, witness: false }],
      transferLeadership: async (to) => void asked.push(to),
    };
    const named = new NamedConsensus(inner, {
      nameOf: (id) => `node-${id}`,
      idOf: (name) => (name.startsWith("node-") ? name.slice(5) : undefined),
    });
    expect([named.id, named.leader()]).toEqual(["node-a", { id: "node-b", term: 3 }]);
    expect(named.members()).toEqual([{ id: "node-a", voter: true, witness: false }]);
    const heard: unknown[] = [];
    named.onLeaderChange((leader) => heard.push(leader?.id));
    expect(heard).toEqual(["node-b", undefined]);
    await named.transferLeadership("node-b");
    await named.transferLeadership("c");
    expect(asked).toEqual(["b", "c"]);
  });
});
