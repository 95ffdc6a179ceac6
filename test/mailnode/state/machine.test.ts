import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { CodecError } from "../../../src/mailnode/state/codec-error.ts";
import { parseCommand, type Command } from "../../../src/mailnode/state/command.ts";
import {
  encodeCommand,
  STATE_VERSION,
  stampCommand,
  StateVersionError,
} from "../../../src/mailnode/state/envelope.ts";
import { StateMachine } from "../../../src/mailnode/state/machine.ts";
import { codeOf, Feed, value, valueOf } from "./entries.ts";

const set = (key: string, text: string, more: object = {}): Command => ({
  type: "key.set",
  key,
  value: value(text),
  priority: "normal",
  ...more,
});

/** Whether a command keeps the rules: no other one comes into the log. */
function isTaken(given: Command): boolean {
  try {
    parseCommand(given);
    return true;
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return false;
  }
}

const small = fc.constantFrom("a", "b", "c");
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.constant<Command>({ type: "tick" }),
  fc
    .record({
      key: small,
      text: fc.string({ maxLength: 4 }),
      ttlMs: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    })
    .map(({ key, text, ttlMs }) => set(key, text.toWellFormed(), { ttlMs })),
  small.map((key): Command => ({ type: "key.delete", key })),
  fc
    .tuple(small, small)
    .map(([name, holder]): Command => ({ type: "lease.acquire", name, holder, ttlMs: 20 })),
  small.map((name): Command => ({ type: "config.put", name, content: value(name) })),
  fc.tuple(small, small).map(([key, node]): Command => ({ type: "affinity.bind", key, node, ttlMs: 30 })),
  small.map((from): Command => ({ type: "affinity.move", from, to: ["d", "e"] })),
  fc
    .tuple(small, fc.constantFrom("token-bucket", "sliding-window", "fixed-window", "leaky-bucket"))
    .map(([name, algorithm]): Command => ({
      type: "limit.define",
      name,
      algorithm: algorithm as "token-bucket",
      limit: 100,
      windowMs: 1000,
      syncIntervalMs: 100,
    })),
  fc
    .tuple(small, small, fc.integer({ min: 1, max: 30 }))
    .map(([limit, node, want]): Command => ({ type: "limit.grant", limit, client: "", node, need: 1, want })),
  fc
    .tuple(small, fc.nat(40), fc.nat(30))
    .map(([limit, grant, used]): Command => ({ type: "limit.settle", limit, client: "", grant, used })),
  small.map((node): Command => ({
    type: "maintenance.enter",
    node,
    drainTimeoutMs: 1,
    graceful: true,
    migrateSessions: false,
  })),
  small.map((node): Command => ({ type: "maintenance.exit", node })),
  small.map((name): Command => ({ type: "account.put", name, role: "admin", tokenHash: "0".repeat(64) })),
  fc.constant<Command>({ type: "session.open" }),
);

// Hundreds of runs, or a real program: the default is too short on a busy machine.
jest.setTimeout(60_000);

describe("the replicated state machine", () => {
  it("becomes the same on every replica, also on one that began from a snapshot in the middle", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(command, fc.nat(30)), { minLength: 2, maxLength: 60 }),
        fc.nat(),
        (steps, cut) => {
          const feed = new Feed();
          const middle = cut % steps.length;
          const late = new StateMachine();
          steps.forEach(([next, ms], place) => {
            feed.pass(ms);
            feed.apply(next);
            if (place === middle) late.restore(feed.machine.snapshot());
          });
          const other = new StateMachine();
          for (const entry of feed.log) other.apply(entry);
          for (const entry of feed.log.slice(middle + 1)) late.apply(entry);
          expect(other.hash()).toBe(feed.machine.hash());
          expect(late.hash()).toBe(feed.machine.hash());
          expect(late.applied).toBe(feed.log.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("can be written as a snapshot after whatever command it takes, also with half characters in its texts", () => {
    // Half a surrogate pair comes alone, and whole pairs lie across every place at which a text may be cut.
    const unit = fc.constantFrom("a", "\u00e9", "\u{1f600}", "\ud83d", "\ude00");
    const texts = fc
      .tuple(fc.integer({ min: 0, max: 260 }), fc.array(unit, { minLength: 1, maxLength: 4 }))
      .map(([before, units]) => "x".repeat(before) + units.join(""));
    const commands = texts.chain((text) =>
      fc.constantFrom<Command>(
        set(text, "1", { audit: true }),
        { type: "key.delete", key: text, audit: true },
        { type: "lease.acquire", name: text, holder: text, ttlMs: 20 },
        { type: "config.put", name: text, content: value("1") },
        { type: "limit.grant", limit: "a", client: text, node: text, need: 1, want: 1 },
        { type: "affinity.bind", key: text, node: text, ttlMs: 30 },
        { type: "account.put", name: text, role: "admin", tokenHash: "0".repeat(64) },
        { type: "audit.record", action: text, target: text },
      ),
    );
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 20 }), (given) => {
        const feed = new Feed();
        for (const each of given) if (isTaken(each)) feed.apply(each);
        const other = new StateMachine();
        other.restore(feed.machine.snapshot());
        expect(other.hash()).toBe(feed.machine.hash());
      }),
      { numRuns: 300 },
    );
  });

  it("has another hash after another entry", () => {
    const [a, b] = [new Feed(), new Feed()];
    a.apply(set("a", "1"));
    b.apply(set("a", "2"));
    expect(a.machine.hash()).not.toBe(b.machine.hash());
  });

  it("refuses bytes that are no command, changes nothing by them, and goes on", () => {
    const feed = new Feed();
    feed.apply(set("a", "1"));
    const whole = encodeCommand({ command: set("a", "2"), actor: "x" });
    stampCommand(whole, { wallMs: 1_700_000_000_001, monotonicMs: 1001 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.nat(whole.length),
        (changes, cut) => {
          const bytes = whole.slice(0, cut);
          // A version from the future is another matter.
          for (const [place, byte] of changes)
            if (bytes.length > 1) bytes[1 + (place % (bytes.length - 1))] = byte;
          const { result, events } = feed.applyRaw(bytes);
          if (!result.ok) expect(events).toEqual([]);
          expect(["MALFORMED", "done"]).toContain(result.ok ? "done" : result.code);
        },
      ),
      { numRuns: 500 },
    );
    expect(codeOf(feed.apply({ type: "no such" } as never))).toBe("MALFORMED");
    expect(codeOf(feed.apply(set("", "")))).toBe("MALFORMED");
    feed.apply(set("b", "1"));
    expect(feed.machine.keys.get("b")).toBeDefined();
  });

  it.each([
    ["newer", STATE_VERSION + 1],
    ["older", STATE_VERSION - 1],
  ])("stops at what a %s release wrote instead of skipping it", (which, version) => {
    const feed = new Feed();
    const bytes = encodeCommand({ command: { type: "tick" }, actor: "x" });
    bytes[0] = version;
    const stopped = new StateVersionError(version);
    expect(stopped.message).toContain(`install the ${which} release`);
    expect(() => feed.machine.apply({ index: 1, term: 1, data: bytes })).toThrow(stopped);
    expect(feed.machine.applied).toBe(0);
    const snapshot = feed.machine.snapshot();
    snapshot[0] = version;
    expect(() => feed.machine.restore(snapshot)).toThrow(stopped);
  });

  it("stops at entries that come out of order", () => {
    const feed = new Feed();
    feed.apply(set("a", "1"));
    expect(() => feed.machine.apply(feed.log[0]!)).toThrow(RangeError);
  });

  it("tells what each entry changed, with what stands there now", () => {
    const feed = new Feed();
    const { events } = feed.apply(set("a", "1", { ttlMs: 100 }));
    expect(events).toMatchObject([
      { space: "keys", key: "a", change: "set", index: 1, record: { version: 1 } },
    ]);
    expect(feed.apply({ type: "key.delete", key: "a" }).events).toMatchObject([
      { change: "deleted", record: undefined },
    ]);
    feed.apply(set("b", "1", { ttlMs: 100 }));
    feed.pass(200);
    expect(feed.apply({ type: "tick" }).events).toMatchObject([{ key: "b", change: "expired", index: 4 }]);
  });
});

describe("keys", () => {
  it("have a version that grows with every write, also over a delete", () => {
    const feed = new Feed();
    expect(valueOf(feed.apply(set("a", "1")))).toEqual({ version: 1 });
    feed.apply({ type: "key.delete", key: "a" });
    expect(valueOf(feed.apply(set("a", "1")))).toEqual({ version: 3 });
  });

  it("are compared before they are set or deleted, where 0 means that there is none", () => {
    const feed = new Feed();
    expect(codeOf(feed.apply(set("a", "1", { expect: 1 })))).toBe("VERSION_MISMATCH");
    expect(codeOf(feed.apply(set("a", "1", { expect: 0 })))).toBe("done");
    expect(codeOf(feed.apply(set("a", "2", { expect: 0 })))).toBe("VERSION_MISMATCH");
    expect(codeOf(feed.apply({ type: "key.delete", key: "a", expect: 1 }))).toBe("VERSION_MISMATCH");
    expect(codeOf(feed.apply({ type: "key.delete", key: "a", expect: 2 }))).toBe("done");
    expect(codeOf(feed.apply({ type: "key.delete", key: "a" }))).toBe("NOT_FOUND");
  });

  it("end by the state's time, unless they were written again in the meantime", () => {
    const feed = new Feed();
    feed.apply(set("a", "1", { ttlMs: 100 }));
    feed.apply(set("b", "1", { ttlMs: 100 }));
    feed.pass(60);
    feed.apply(set("b", "2", { ttlMs: 100 }));
    feed.pass(60);
    feed.apply({ type: "tick" });
    expect(feed.machine.keys.get("a")).toBeUndefined();
    expect(feed.machine.keys.get("b")).toBeDefined();
  });

  it("are listed by prefix, sorted", () => {
    const feed = new Feed();
    for (const key of ["m/b", "x", "m/a"]) feed.apply(set(key, key));
    expect(feed.machine.keys.list("m/").map(([key]) => key)).toEqual(["m/a", "m/b"]);
  });
});

describe("the state's time", () => {
  it("never moves by more than one leader's monotonic clock measured, whatever his wall clock says", () => {
    const feed = new Feed();
    feed.apply({ type: "tick" });
    feed.wallMs += 86_400_000;
    feed.apply({ type: "tick" });
    expect(feed.machine.now).toBe(0);
    feed.pass(10_000);
    feed.apply({ type: "tick" });
    expect(feed.machine.now).toBeLessThan(10_000);
    expect(feed.machine.now).toBeGreaterThan(9990);
  });

  it("stands still over a change of leader, whose clock began elsewhere", () => {
    const feed = new Feed();
    feed.apply({ type: "tick" });
    feed.pass(500);
    feed.apply({ type: "tick" });
    const before = feed.machine.now;
    feed.term = 2;
    feed.monotonicMs = 9_000_000;
    feed.apply({ type: "tick" });
    expect(feed.machine.now).toBe(before);
    feed.term = 3;
    feed.monotonicMs = 5;
    feed.apply({ type: "tick" });
    expect(feed.machine.now).toBe(before);
    feed.pass(100);
    feed.apply({ type: "tick" });
    expect(feed.machine.now).toBeGreaterThan(before + 95);
  });

  it("does not move by an entry that nobody stamped", () => {
    const feed = new Feed();
    feed.applyRaw(encodeCommand({ command: { type: "tick" }, actor: "x" }));
    feed.apply({ type: "tick" });
    expect(feed.machine.now).toBe(0);
  });
});

describe("leases", () => {
  const acquire = (name: string, holder: string, ttlMs = 100): Command => ({
    type: "lease.acquire",
    name,
    holder,
    ttlMs,
  });

  it("have one holder, and a token that grows with each one (a lock without fencing)", () => {
    const feed = new Feed();
    expect(valueOf(feed.apply(acquire("q", "one")))).toEqual({ token: 1 });
    expect(codeOf(feed.apply(acquire("q", "two")))).toBe("LEASE_HELD");
    feed.pass(200);
    expect(valueOf(feed.apply(acquire("q", "two")))).toEqual({ token: 3 });
    // The first holder wakes up and writes with what it still believes in.
    expect(codeOf(feed.apply(set("guarded", "old", { fence: { lease: "q", token: 1 } })))).toBe("FENCED");
    expect(codeOf(feed.apply(set("guarded", "new", { fence: { lease: "q", token: 3 } })))).toBe("done");
    expect(codeOf(feed.apply({ type: "lease.renew", name: "q", token: 1, ttlMs: 100 }))).toBe("LEASE_LOST");
    expect(codeOf(feed.apply({ type: "lease.release", name: "q", token: 1 }))).toBe("LEASE_LOST");
  });

  it("are not given a second time to the same name, as it may be another life of it", () => {
    const feed = new Feed();
    feed.apply(acquire("q", "one"));
    expect(codeOf(feed.apply(acquire("q", "one")))).toBe("LEASE_HELD");
    expect(codeOf(feed.apply({ type: "lease.release", name: "q", token: 1 }))).toBe("done");
    expect(valueOf(feed.apply(acquire("q", "one")))).toEqual({ token: 4 });
  });

  it("last as long as they are renewed, and end when they are released", () => {
    const feed = new Feed();
    feed.apply(acquire("q", "one"));
    for (let round = 0; round < 5; round++) {
      feed.pass(60);
      expect(codeOf(feed.apply({ type: "lease.renew", name: "q", token: 1, ttlMs: 100 }))).toBe("done");
    }
    expect(codeOf(feed.apply({ type: "lease.release", name: "q", token: 1 }))).toBe("done");
    expect(codeOf(feed.apply(acquire("q", "two")))).toBe("done");
  });
});

describe("sessions", () => {
  it("answer a request that is sent again as it was answered the first time, and do it once", () => {
    const feed = new Feed();
    const { session } = valueOf<{ session: number }>(feed.apply({ type: "session.open" }));
    const request = { session, sequence: 0, firstUnanswered: 0 };
    const first = feed.apply(set("a", "1", { expect: 0 }), { request });
    const again = feed.apply(set("a", "1", { expect: 0 }), { request });
    expect(valueOf(again)).toEqual(valueOf(first));
    expect(again.events).toEqual([]);
    expect(codeOf(feed.apply(set("a", "1", { expect: 0 })))).toBe("VERSION_MISMATCH");
  });

  it("keep no answer that was acknowledged, and do that request never again", () => {
    const feed = new Feed();
    const { session } = valueOf<{ session: number }>(feed.apply({ type: "session.open" }));
    feed.apply(set("a", "1"), { request: { session, sequence: 0, firstUnanswered: 0 } });
    feed.apply(set("a", "2"), { request: { session, sequence: 1, firstUnanswered: 1 } });
    expect(feed.machine.answerTo(session, 0)).toBeUndefined();
    // What is acknowledged may be far behind, and few of it known here.
    feed.apply(set("a", "3"), { request: { session, sequence: 90, firstUnanswered: 90 } });
    expect(feed.machine.answerTo(session, 1)).toBeUndefined();
    expect(feed.machine.answerTo(session, 90)).toBeDefined();
    const late = feed.apply(set("a", "1"), { request: { session, sequence: 0, firstUnanswered: 0 } });
    expect(codeOf(late)).toBe("REQUEST_ANSWERED");
  });

  it("end after an hour of silence, after which their requests are refused and not done anew", () => {
    const feed = new Feed();
    const { session } = valueOf<{ session: number }>(feed.apply({ type: "session.open" }));
    feed.pass(3_700_000);
    const late = feed.apply(set("a", "1"), { request: { session, sequence: 0, firstUnanswered: 0 } });
    expect(codeOf(late)).toBe("SESSION_UNKNOWN");
    expect(feed.machine.keys.get("a")).toBeUndefined();
  });

  it("are bounded: the one that was silent for longest goes, and no one keeps answers without end", () => {
    const feed = new Feed();
    const sessions = Array.from(
      { length: 4096 },
      () => valueOf<{ session: number }>(feed.apply({ type: "session.open" })).session,
    );
    const ask = (session: number, sequence: number): string =>
      codeOf(feed.apply({ type: "tick" }, { request: { session, sequence, firstUnanswered: 0 } }));
    expect(ask(sessions[0]!, 0)).toBe("done");
    feed.apply({ type: "session.open" });
    expect(ask(sessions[0]!, 1)).toBe("done");
    expect(ask(sessions[1]!, 0)).toBe("SESSION_UNKNOWN");
    for (let sequence = 2; sequence < 1024; sequence++) ask(sessions[0]!, sequence);
    expect(ask(sessions[0]!, 1024)).toBe("SESSION_FULL");
    expect(ask(sessions[0]!, 5)).toBe("done");
    const freed = { session: sessions[0]!, sequence: 1024, firstUnanswered: 1000 };
    expect(codeOf(feed.apply({ type: "tick" }, { request: freed }))).toBe("done");
  });
});

describe("the other tables", () => {
  it("count the versions of each document on its own, and refuse one that was made from an older one", () => {
    const feed = new Feed();
    const put = (name: string, expect?: number): Command => ({
      type: "config.put",
      name,
      content: value("x"),
      expect,
    });
    expect(valueOf(feed.apply(put("a")))).toEqual({ version: 1 });
    expect(valueOf(feed.apply(put("b")))).toEqual({ version: 1 });
    expect(valueOf(feed.apply(put("a", 1)))).toEqual({ version: 2 });
    expect(codeOf(feed.apply(put("a", 1)))).toBe("VERSION_MISMATCH");
    expect(feed.machine.documents.get("a")).toMatchObject({ by: "tester", version: 2 });
  });

  it("spread the clients of a node evenly over those that take them", () => {
    const feed = new Feed();
    for (let client = 0; client < 300; client++)
      feed.apply({
        type: "affinity.bind",
        key: `ip:10.0.${client % 7}.${client}`,
        node: "n1",
        ttlMs: 100_000,
      });
    expect(valueOf(feed.apply({ type: "affinity.move", from: "n1", to: ["n2", "n3"] }))).toEqual({
      moved: 300,
    });
    const nodes = feed.machine.bindings.list().map(([, { node }]) => node);
    const second = nodes.filter((node) => node === "n2").length;
    expect(nodes).not.toContain("n1");
    expect(second).toBeGreaterThan(110);
    expect(second).toBeLessThan(190);
  });

  it("let nobody take the last admin away", () => {
    const feed = new Feed();
    const put = (name: string, role: "admin" | "viewer"): Command => ({
      type: "account.put",
      name,
      role,
      tokenHash: "a".repeat(64),
    });
    feed.apply(put("eve", "admin"));
    expect(codeOf(feed.apply(put("eve", "viewer")))).toBe("LAST_ADMIN");
    expect(codeOf(feed.apply({ type: "account.remove", name: "eve" }))).toBe("LAST_ADMIN");
    feed.apply(put("ann", "admin"));
    expect(codeOf(feed.apply({ type: "account.remove", name: "eve" }))).toBe("done");
  });

  it("write every operation down with who did it and what came of it, and keep the newest 4096", () => {
    const feed = new Feed();
    feed.apply({ type: "maintenance.exit", node: "n1" }, { actor: "ann" });
    feed.apply(set("a", "1"));
    feed.apply({ type: "audit.record", action: "leadership.transfer", target: "n2" }, { actor: "bob" });
    expect(feed.machine.audit.list()).toEqual([
      {
        index: 1,
        atMs: feed.wallMs,
        actor: "ann",
        action: "maintenance.exit",
        target: "n1",
        outcome: "NOT_FOUND",
      },
      {
        index: 3,
        atMs: feed.wallMs,
        actor: "bob",
        action: "leadership.transfer",
        target: "n2",
        outcome: "done",
      },
    ]);
    for (let round = 0; round < 4096; round++)
      feed.apply({ type: "audit.record", action: "a", target: `${round}` });
    const records = feed.machine.audit.list();
    expect(records).toHaveLength(4096);
    expect(records[0]!.target).toBe("0");
    expect(records.at(-1)!.target).toBe("4095");
    const other = new StateMachine();
    other.restore(feed.machine.snapshot());
    expect(other.hash()).toBe(feed.machine.hash());
  });
});
