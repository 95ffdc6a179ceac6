import { describe, expect, it } from "@jest/globals";
import {
  MAX_ACCUSED_INCARNATION,
  MAX_INCARNATION,
} from "../../../../src/mailnode/membership/core/incarnation.ts";
import { LAN, suspicionMinMs } from "../../../../src/mailnode/membership/core/profile.ts";
import { addressOf, hear, member, metadataOf, said, seen, tickUntil, word } from "./members.ts";
import { VirtualNetwork } from "./virtual-network.ts";

/** Faults that other implementations had; the numbers are those of their issues. */
describe("faults that gossip had elsewhere", () => {
  it("a stale alive does not revive a dead member, whatever was said of it since (al8n/memberlist 197)", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1));
    hear(core, 1, word("a", "suspect", 1, "b"));
    tickUntil(core, 60_000);
    expect(seen(core, "a")).toBe("dead 1");
    // Evidence that changes nothing else still counts for the incarnation.
    hear(core, 60_001, word("a", "dead", 10, "b"));
    hear(core, 60_002, word("a", "alive", 2));
    expect(seen(core, "a")).toBe("dead 10");
    hear(core, 60_003, word("a", "suspect", 12, "b"));
    hear(core, 60_004, word("a", "alive", 12));
    expect(seen(core, "a")).toBe("dead 12");
    hear(core, 60_005, word("a", "alive", 13));
    expect(seen(core, "a")).toBe("alive 13");
  });

  it("an accusation of one nobody knows here is passed on and not lost (hashicorp/memberlist 345)", () => {
    const core = member();
    hear(core, 0, word("b", "alive", 1));
    hear(core, 1, word("a", "dead", 100, "b"));
    const passed = said(tickUntil(core, 2_000), "a");
    expect(passed.map(({ state, incarnation }) => [state, incarnation])).toContainEqual(["dead", 100]);
    hear(core, 2_001, word("a", "alive", 1));
    expect(seen(core, "a")).toBe("dead 100");
  });

  it("a member that comes back under an old incarnation is told what is thought of it (hashicorp/memberlist 311)", () => {
    const core = member();
    hear(core, 0, word("a", "dead", 100, "b"));
    tickUntil(core, 30_000);
    hear(core, 30_000, word("b", "alive", 1));
    tickUntil(core, 40_000);
    const output = hear(core, 40_000, word("a", "alive", 1));
    const direct = output.packets.find(({ to }) => to.host === addressOf("a").host);
    expect(said({ ...output, packets: [direct!] }, "a")[0]).toMatchObject({
      state: "dead",
      incarnation: 100,
    });
  });

  it("after all restart at once with nothing kept, all see each other (hashicorp/memberlist 311, mass restart)", () => {
    for (let seed = 0; seed < 10; seed++) {
      const network = new VirtualNetwork({ seed, profile: LAN });
      network.startMany(8);
      network.run(60_000);
      // One has been accused a lot, and is thought dead by all when the restarts begin.
      for (let i = 0; i < 20; i++) {
        network.call("n3", (core) => hear(core, network.now, word("n3", "suspect", 1 + i, "n1")));
      }
      network.crash("n3");
      network.run(10_000);
      for (const id of network.ids) {
        network.crash(id);
        network.start(id, network.ids, true);
        network.run(200);
      }
      const isWhole = (): boolean => network.ids.every((id) => network.allSee(network.ids, id, "alive"));
      expect(network.runUntil(60_000, isWhole)).toBeDefined();
    }
  });

  it("a suspicion is against an incarnation: its time does not run on against the next (daos-stack/daos 18635)", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 3));
    hear(core, 0, word("a", "suspect", 3, "b"));
    const almostOver = suspicionMinMs(LAN, 2) - 100;
    hear(core, almostOver, word("a", "alive", 4));
    hear(core, almostOver, word("a", "suspect", 4, "b"));
    expect(
      tickUntil(core, almostOver + suspicionMinMs(LAN, 2) - 1).events.map(({ kind }) => kind),
    ).not.toContain("failed");
    expect(seen(core, "a")).toBe("suspect 4");
  });

  it("a suspicion of a newer incarnation begins anew, and the accusers of the old one do not count", () => {
    const core = member();
    for (const id of ["a", "b", "c", "d"]) hear(core, 0, word(id, "alive", 3));
    for (const by of ["b", "c", "d"]) hear(core, 0, word("a", "suspect", 3, by));
    hear(core, 3_900, word("a", "suspect", 4, "b"));
    tickUntil(core, 3_900 + suspicionMinMs(LAN, 5) + 100);
    expect(seen(core, "a")).toBe("suspect 4");
  });

  it("one broken accusation does not evict a member for good (hashicorp/memberlist 358 and 359)", () => {
    const network = new VirtualNetwork({ seed: 8, profile: LAN });
    network.startMany(5);
    network.run(30_000);
    for (const incarnation of [MAX_INCARNATION, MAX_ACCUSED_INCARNATION + 1, MAX_ACCUSED_INCARNATION]) {
      network.call("n0", (core) => hear(core, network.now, word("n3", "dead", incarnation, "n1")));
      network.run(120_000);
      expect(network.allSee(network.ids, "n3", "alive")).toBe(true);
      expect(network.events("failed")).toEqual([]);
    }
    // As high as it is now, others' accusations do not count any more; that it is gone is still found out.
    expect(seen(network.node("n0"), "n3")).toBe(`alive ${MAX_ACCUSED_INCARNATION + 1}`);
    network.crash("n3");
    network.run(120_000);
    const rest = network.ids.filter((id) => id !== "n3");
    expect(network.allSee(rest, "n3", "dead")).toBe(true);
  });

  it("an incarnation at its end does not wrap: it stays, and says so once (hashicorp/memberlist 358)", () => {
    const core = member({ incarnation: MAX_INCARNATION, reserved: MAX_INCARNATION });
    const other = word("me", "alive", MAX_INCARNATION);
    const elsewhere = { ...other, announcement: { ...other.announcement!, address: addressOf("q") } };
    const spent = hear(core, 1, elsewhere, elsewhere);
    expect(spent.events).toEqual([
      { kind: "conflict", address: addressOf("q") },
      { kind: "incarnations-exhausted" },
    ]);
    core.announce(metadataOf("me"));
    expect(seen(core, "me")).toBe(`alive ${MAX_INCARNATION}`);
  });

  it("an exchange with one that has not heard does not revive who is gone (hashicorp/memberlist 312)", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1), word("b", "alive", 1));
    hear(core, 0, word("a", "suspect", 1, "b"));
    tickUntil(core, 60_000);
    const { events } = core.merge([word("a", "alive", 1)], 60_001);
    expect(events).toEqual([]);
    expect(seen(core, "a")).toBe("dead 1");
  });

  it("those that are gone are not remembered for ever, each hearing of them from another (hashicorp/memberlist 312)", () => {
    const profile = { ...LAN, tombstoneMs: 60_000 };
    const network = new VirtualNetwork({ seed: 5, profile });
    network.startMany(5);
    network.run(30_000);
    network.crash("n1");
    const rest = network.ids.filter((id) => id !== "n1");
    network.run(60_000);
    // One that forgot everything hears of the dead from the others shortly before they forget it.
    network.crash("n2");
    network.start("n2", ["n0"], true);
    network.run(200_000);
    expect(
      rest.flatMap((id) =>
        network
          .node(id)
          .members()
          .filter((seenMember) => seenMember.id === "n1"),
      ),
    ).toEqual([]);
  });

  it("old news of one that is gone keeps its age and is not spread anew (hashicorp/memberlist 312)", () => {
    const core = member();
    hear(core, 0, word("b", "alive", 1));
    core.merge([{ ...word("a", "dead", 1, "b"), goneForS: 3_600 }], 0);
    expect(said(tickUntil(core, 10_000), "a")).toEqual([]);
    expect(core.state(10_000).find((evidence) => evidence.member === "a")).toMatchObject({ goneForS: 3_610 });
    core.merge([{ ...word("c", "dead", 1, "b"), goneForS: LAN.tombstoneMs / 1_000 }], 10_000);
    expect(seen(core, "c")).toBeUndefined();
  });

  it("metadata changes are not lost to an accusation that came before them", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1));
    hear(core, 1, word("a", "suspect", 2, "b"));
    const news = word("a", "alive", 2);
    const metadata = { ...news.announcement!.metadata, loadPermille: 700 };
    const output = hear(core, 2, { ...news, announcement: { ...news.announcement!, metadata } });
    expect(output.events).toMatchObject([{ kind: "updated", member: { metadata: { loadPermille: 700 } } }]);
    expect(seen(core, "a")).toBe("suspect 2");
  });
});
