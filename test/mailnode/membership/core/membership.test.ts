import { describe, expect, it } from "@jest/globals";
import { RESERVED_BLOCK } from "../../../../src/mailnode/membership/core/incarnation.ts";
import {
  LAN,
  nackAfterMs,
  suspicionMaxMs,
  suspicionMinMs,
} from "../../../../src/mailnode/membership/core/profile.ts";
import type { Membership } from "../../../../src/mailnode/membership/core/membership.ts";
import type { Message, Output } from "../../../../src/mailnode/membership/core/types.ts";
import { addressOf, hear, member, metadataOf, said, seen, tickAnswered, tickUntil, word } from "./members.ts";

function kinds(output: Output): readonly string[] {
  return output.events.map(({ kind }) => kind);
}

function messagesOf(output: Output, kind: Message["kind"]): readonly Message[] {
  return output.packets.flatMap(({ messages }) => messages).filter((message) => message.kind === kind);
}

/** Ticks until a ping goes out; gives it and when. */
function untilPing(core: Membership): { readonly seq: number; readonly at: number; readonly output: Output } {
  for (;;) {
    const at = core.deadline;
    const output = core.tick(at);
    const [ping] = messagesOf(output, "ping");
    if (ping?.kind === "ping") return { seq: ping.seq, at, output };
  }
}

describe("a probe", () => {
  it("that is answered leaves the member alone", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1));
    const { seq, at } = untilPing(core);
    core.receive({ from: addressOf("a"), messages: [{ kind: "ack", seq }] }, at + 10);
    const after = tickUntil(core, at + LAN.probeIntervalMs - 1);
    expect(messagesOf(after, "ping-req")).toEqual([]);
    expect(seen(core, "a")).toBe("alive 1");
  });

  it("that is not answered asks others for help and tries TCP, and then makes a suspect", () => {
    const core = member();
    for (const id of ["a", "b", "c", "d", "e"]) hear(core, 0, word(id, "alive", 1));
    const { at, seq, output } = untilPing(core);
    const [ping] = messagesOf(output, "ping") as readonly (Message & { kind: "ping" })[];
    const target = ping!.target;
    const asking = tickUntil(core, at + LAN.probeTimeoutMs);
    const help = messagesOf(asking, "ping-req");
    expect(help).toHaveLength(LAN.indirectProbes);
    expect(help[0]).toEqual({ kind: "ping-req", seq, target, address: addressOf(target) });
    expect(asking.fallbackPings).toEqual([{ seq, target, to: addressOf(target) }]);
    const after = tickUntil(core, at + LAN.probeIntervalMs);
    expect(kinds(after)).toContain("suspected");
    expect(seen(core, target)).toBe("suspect 1");
  });

  it("that is answered through another member counts", () => {
    const core = member();
    for (const id of ["a", "b"]) hear(core, 0, word(id, "alive", 1));
    const { at, seq } = untilPing(core);
    tickUntil(core, at + LAN.probeTimeoutMs);
    core.receive({ from: addressOf("b"), messages: [{ kind: "ack", seq }] }, at + 700);
    expect(kinds(tickUntil(core, at + LAN.probeIntervalMs))).not.toContain("suspected");
  });

  it("that is answered over TCP alone counts, and says that packets do not arrive", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1));
    const { at, seq } = untilPing(core);
    tickUntil(core, at + LAN.probeTimeoutMs);
    expect(core.fallbackAnswered(seq).events).toMatchObject([{ kind: "udp-blocked", member: { id: "a" } }]);
    expect(core.fallbackAnswered(seq).events).toEqual([]);
    expect(kinds(tickUntil(core, at + LAN.probeIntervalMs))).not.toContain("suspected");
  });

  it("is not answered by an answer to another one", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1));
    const { at, seq } = untilPing(core);
    core.receive({ from: addressOf("a"), messages: [{ kind: "ack", seq: seq + 1 }] }, at + 10);
    expect(kinds(tickUntil(core, at + LAN.probeIntervalMs))).toContain("suspected");
  });

  it("makes this node doubt itself when not even those it asked say anything, and probe more slowly", () => {
    const core = member();
    for (const id of ["a", "b", "c", "d"]) hear(core, 0, word(id, "alive", 1));
    const { at } = untilPing(core);
    tickUntil(core, at + LAN.probeIntervalMs);
    expect(core.doubt).toBe(3);
    const second = untilPing(core);
    const third = untilPing(core);
    expect(third.at - second.at).toBeGreaterThanOrEqual(4 * LAN.probeIntervalMs);
  });

  it("is the target's fault when those that were asked had no answer either", () => {
    const core = member();
    for (const id of ["a", "b", "c", "d"]) hear(core, 0, word(id, "alive", 1));
    const { at, seq } = untilPing(core);
    tickUntil(core, at + LAN.probeTimeoutMs);
    for (let i = 0; i < 3; i++)
      core.receive({ from: addressOf("b"), messages: [{ kind: "nack", seq }] }, at + 900);
    tickUntil(core, at + LAN.probeIntervalMs);
    expect(core.doubt).toBe(0);
  });
});

describe("a probe for another", () => {
  const ask: Message = { kind: "ping-req", seq: 77, target: "a", address: addressOf("a") };

  it("is made under an own number, and its answer passed on under the other's", () => {
    const core = member();
    const output = core.receive({ from: addressOf("b"), messages: [ask] }, 0);
    expect(output.packets.map(({ to }) => to)).toEqual([addressOf("a")]);
    const [ping] = messagesOf(output, "ping") as readonly (Message & { kind: "ping" })[];
    expect(ping!.target).toBe("a");
    const answer = core.receive({ from: addressOf("a"), messages: [{ kind: "ack", seq: ping!.seq }] }, 50);
    expect(answer.packets.map(({ to, messages }) => [to, messages[0]])).toEqual([
      [addressOf("b"), { kind: "ack", seq: 77 }],
    ]);
    expect(messagesOf(tickUntil(core, 5_000), "nack")).toEqual([]);
  });

  it("that has no answer is said to have none, in time for the asker's verdict", () => {
    const core = member();
    core.receive({ from: addressOf("b"), messages: [ask] }, 0);
    const output = tickUntil(core, nackAfterMs(LAN));
    expect(messagesOf(output, "nack")).toEqual([{ kind: "nack", seq: 77 }]);
    expect(nackAfterMs(LAN)).toBeLessThan(LAN.probeIntervalMs - LAN.probeTimeoutMs);
  });

  it("is made for at most 1024 at a time, whoever asks", () => {
    const core = member();
    const made = Array.from({ length: 3_000 }, () =>
      messagesOf(core.receive({ from: addressOf("b"), messages: [ask] }, 0), "ping"),
    ).flat();
    expect(made).toHaveLength(1_024);
  });
});

describe("a suspicion", () => {
  it("alone lasts its longest time", () => {
    const core = member();
    for (const id of ["a", "b", "c", "d"]) hear(core, 0, word(id, "alive", 1));
    hear(core, 0, word("a", "suspect", 1, "b"));
    // This node has its answers, and so confirms nothing.
    expect(tickAnswered(core, suspicionMaxMs(LAN, 5) - 1).map(({ kind }) => kind)).not.toContain("failed");
    expect(tickAnswered(core, suspicionMaxMs(LAN, 5)).map(({ kind }) => kind)).toContain("failed");
  });

  it("is short when enough others confirm it, each once, and what they say is passed on", () => {
    const core = member();
    for (const id of ["a", "b", "c", "d"]) hear(core, 0, word(id, "alive", 1));
    hear(core, 0, word("a", "suspect", 1, "b"));
    hear(core, 0, word("a", "suspect", 1, "b"), word("a", "suspect", 1, "c"), word("a", "suspect", 1, "d"));
    expect(said(tickUntil(core, 1_000), "a").map(({ by }) => by)).toContain("d");
    tickUntil(core, suspicionMinMs(LAN, 5) - 1);
    expect(seen(core, "a")).toBe("suspect 1");
    expect(kinds(tickUntil(core, suspicionMinMs(LAN, 5)))).toContain("failed");
  });

  it("is what the verdict of another becomes, so that the member has its time to refute here too", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1));
    expect(kinds(hear(core, 100, word("a", "dead", 1, "b")))).toEqual(["suspected"]);
    expect(seen(core, "a")).toBe("suspect 1");
    expect(kinds(hear(core, 200, word("a", "alive", 2)))).toEqual(["recovered"]);
    expect(seen(core, "a")).toBe("alive 2");
  });

  it("is as short as it may be from the verdict of another on, and no shorter", () => {
    const core = member();
    for (const id of ["a", "b", "c", "d"]) hear(core, 0, word(id, "alive", 1));
    hear(core, 0, word("a", "dead", 1, "b"));
    expect(tickAnswered(core, suspicionMinMs(LAN, 5) - 1).map(({ kind }) => kind)).not.toContain("failed");
    expect(tickAnswered(core, suspicionMinMs(LAN, 5)).map(({ kind }) => kind)).toContain("failed");
  });

  it("that another has makes this node probe the suspect next, out of turn", () => {
    for (const target of ["a", "b", "c"]) {
      const core = member();
      for (const id of ["a", "b", "c", "d"]) hear(core, 0, word(id, "alive", 1));
      hear(core, 0, word(target, "suspect", 1, "d"));
      const [ping] = messagesOf(untilPing(core).output, "ping");
      expect(ping).toMatchObject({ target });
    }
  });

  it("is told to the suspect in every packet to it, ahead of the rest", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1), word("a", "suspect", 1, "b"));
    tickUntil(core, 2_000);
    const { output } = untilPing(core);
    const { messages } = output.packets.find(({ to }) => to.host === addressOf("a").host)!;
    expect(messages.slice(0, 2)).toMatchObject([
      { kind: "evidence", evidence: { state: "suspect" } },
      { kind: "ping" },
    ]);
  });

  it("is postponed by the time that this node did not run", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1), word("a", "dead", 1, "b"));
    const lost = 30_000;
    const output = core.tick(lost);
    expect(kinds(output)).toEqual([]);
    expect(core.doubt).toBe(1);
    expect(kinds(tickUntil(core, lost + suspicionMinMs(LAN, 2)))).toContain("failed");
  });
});

describe("this node", () => {
  it("refutes an accusation in its answer to the packet that brought it", () => {
    const core = member({ incarnation: 5 });
    const output = core.receive(
      {
        from: addressOf("a"),
        messages: [
          { kind: "ping", seq: 1, target: "me" },
          { kind: "evidence", evidence: word("me", "suspect", 5, "a") },
        ],
      },
      0,
    );
    expect(output.packets).toMatchObject([
      {
        to: addressOf("a"),
        messages: [
          { kind: "ack", seq: 1 },
          { kind: "evidence", evidence: { state: "alive", incarnation: 6 } },
        ],
      },
    ]);
    expect(core.doubt).toBe(1);
  });

  it("does not answer a ping that is for one who had this address before", () => {
    const output = member().receive(
      { from: addressOf("a"), messages: [{ kind: "ping", seq: 1, target: "old" }] },
      0,
    );
    expect(output.packets).toEqual([]);
  });

  it("goes past everything that anyone says of it, alive or not", () => {
    const core = member({ incarnation: 1 });
    hear(core, 0, word("me", "dead", 100, "a"));
    expect(seen(core, "me")).toBe("alive 101");
    hear(core, 0, {
      ...word("me", "alive", 300),
      announcement: { ...word("me", "alive", 300).announcement!, address: addressOf("z") },
    });
    expect(seen(core, "me")).toBe("alive 301");
    hear(core, 0, word("me", "left", 400, "me"));
    expect(seen(core, "me")).toBe("alive 401");
    hear(core, 0, word("me", "suspect", 7, "a"));
    expect(seen(core, "me")).toBe("alive 401");
  });

  it("repeats its own word to those who are behind", () => {
    const core = member({ incarnation: 5 });
    hear(core, 0, word("a", "alive", 1));
    tickAnswered(core, 10_000);
    expect(core.unsaid).toBe(0);
    hear(core, 10_001, word("me", "suspect", 3, "a"));
    expect(said(tickUntil(core, 11_000), "me")).toContainEqual(
      expect.objectContaining({ state: "alive", incarnation: 5 }),
    );
  });

  it("uses no incarnation that is not written down, and refutes as soon as it is", () => {
    const core = member({ incarnation: 1, reserved: 1 });
    const asked = hear(core, 0, word("me", "suspect", 500, "a"));
    expect(asked.reserve).toBe(501 + RESERVED_BLOCK);
    expect(seen(core, "me")).toBe("alive 1");
    expect(core.tick(1).reserve).toBeUndefined();
    core.refused();
    expect(core.tick(2).reserve).toBe(501 + RESERVED_BLOCK);
    core.granted(501 + RESERVED_BLOCK);
    expect(seen(core, "me")).toBe("alive 501");
  });

  it("asks for the next block early enough that a refutation does not wait for the disk", () => {
    const core = member({ incarnation: 1, reserved: 1 + RESERVED_BLOCK });
    expect(core.announce(metadataOf("me")).reserve).toBeUndefined();
    expect(hear(core, 0, word("me", "suspect", RESERVED_BLOCK - 100, "a")).reserve).toBeGreaterThan(
      2 * RESERVED_BLOCK - 200,
    );
    expect(seen(core, "me")).toBe(`alive ${RESERVED_BLOCK - 99}`);
  });

  it("says once that another one speaks under its id", () => {
    const core = member({ incarnation: 5 });
    const other = word("me", "alive", 9);
    const elsewhere = { ...other, announcement: { ...other.announcement!, address: addressOf("q") } };
    expect(hear(core, 0, elsewhere).events).toEqual([{ kind: "conflict", address: addressOf("q") }]);
    expect(seen(core, "me")).toBe("alive 10");
    expect(
      hear(core, 1, {
        ...elsewhere,
        incarnation: 11,
        announcement: { ...elsewhere.announcement, incarnation: 11 },
      }).events,
    ).toEqual([]);
  });

  it("tells new metadata under a new incarnation, and readers hear of it once", () => {
    const core = member();
    core.announce({ ...metadataOf("me"), loadPermille: 250 });
    const other = member();
    hear(other, 0, word("a", "alive", 1));
    const { events } = hear(other, 1, { ...core.state(0)[0]!, member: "b", by: "b" });
    expect(events).toMatchObject([
      { kind: "joined", member: { metadata: { loadPermille: 250 }, incarnation: 6 } },
    ]);
    expect(hear(other, 2, { ...core.state(0)[0]!, member: "b", by: "b" }).events).toEqual([]);
  });

  it("refuses metadata that no packet holds, and ids that others would not take", () => {
    const long = { ...metadataOf("me"), roles: Array.from({ length: 200 }, () => "a-long-role") };
    expect(() => member().announce(long)).toThrow(RangeError);
    expect(() => member().announce({ ...metadataOf("me"), name: "é" })).toThrow(RangeError);
  });

  it("that leaves says so, probes nobody any more, and stays gone whatever is said", () => {
    const core = member({ incarnation: 5 });
    hear(core, 0, word("a", "alive", 1));
    tickAnswered(core, 5_000);
    core.leave();
    const output = tickUntil(core, 20_000);
    expect(said(output, "me")).toContainEqual(expect.objectContaining({ state: "left", incarnation: 5 }));
    expect(core.unsaid).toBe(0);
    hear(core, 20_000, word("me", "suspect", 5, "a"));
    expect(seen(core, "me")).toBe("left 5");
    hear(core, 20_000, word("me", "dead", 8, "a"));
    expect(seen(core, "me")).toBe("left 9");
  });
});

describe("a member that left", () => {
  it("is gone at once, without a suspicion, and is no failure", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1));
    expect(kinds(hear(core, 1, word("a", "left", 1)))).toEqual(["left"]);
    expect(kinds(hear(core, 2, word("a", "suspect", 1, "b"), word("a", "dead", 1, "b")))).toEqual([]);
    expect(seen(core, "a")).toBe("left 1");
  });

  it("is there again when it says so itself under a higher incarnation", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1), word("a", "left", 1));
    expect(kinds(hear(core, 2, word("a", "alive", 2)))).toEqual(["joined"]);
  });
});

describe("gossip", () => {
  it("goes on to the dead for a while, so that one who was wronged can say so", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1), word("a", "dead", 1, "b"));
    tickUntil(core, suspicionMinMs(LAN, 2));
    expect(seen(core, "a")).toBe("dead 1");
    const while_ = tickUntil(core, 20_000).packets.filter(({ to }) => to.host === addressOf("a").host);
    expect(while_.length).toBeGreaterThan(10);
    expect(while_[0]!.messages[0]).toMatchObject({ evidence: { member: "a", state: "dead" } });
    tickUntil(core, suspicionMinMs(LAN, 2) + LAN.gossipToDeadMs);
    expect(tickUntil(core, 60_000).packets.filter(({ to }) => to.host === addressOf("a").host)).toEqual([]);
  });

  it("tries to reach the dead by exchange, and seeds that are not there", () => {
    const core = member();
    hear(core, 0, word("a", "alive", 1), word("a", "dead", 1, "b"));
    expect(core.join([addressOf("q"), addressOf("z")]).syncs).toEqual([addressOf("q")]);
    const { syncs } = tickUntil(core, 60_000);
    expect(syncs).toContainEqual(addressOf("a"));
    expect(syncs).toContainEqual(addressOf("q"));
    expect(syncs).not.toContainEqual(addressOf("z"));
  });

  it("keeps at most 1024 members, whoever invents more", () => {
    const core = member();
    for (let i = 0; i < 3_000; i++) hear(core, 0, word(`x${i}`, "alive", 1));
    expect(core.state(0)).toHaveLength(1_024);
  });
});
