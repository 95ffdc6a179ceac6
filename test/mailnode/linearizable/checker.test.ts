import { describe, expect, it } from "@jest/globals";
import { seeded } from "../fixtures/random.ts";
import { isLinearizable } from "./checker.ts";
import { Recorder, type Event, type Input, type Output } from "./history.ts";

const call = (operation: number, input: Input): Event => ({ type: "call", operation, input });
const answer = (operation: number, output: Output): Event => ({ type: "return", operation, output });
const write = (value: string) => ({ kind: "write", value }) as const satisfies Input;
const append = (value: string): Input => ({ kind: "append", value });
const swap = (from: string | undefined, to: string) =>
  ({ kind: "compareAndSet", from, to }) as const satisfies Input;
const read = { kind: "read" } as const satisfies Input;
const done: Output = { kind: "done" };
const value = (text: string | undefined): Output => ({ kind: "value", value: text });

describe("the checker of histories", () => {
  it("takes operations that follow each other, and such as overlap in either order", () => {
    expect(isLinearizable([call(1, write("a")), answer(1, done), call(2, read), answer(2, value("a"))])).toBe(
      true,
    );
    for (const seen of ["a", undefined]) {
      const history = [call(1, write("a")), call(2, read), answer(2, value(seen)), answer(1, done)];
      expect(isLinearizable(history)).toBe(true);
    }
  });

  it("refuses a stale read", () => {
    const history = [
      call(1, write("a")),
      answer(1, done),
      call(2, write("b")),
      answer(2, done),
      call(3, read),
      answer(3, value("a")),
    ];
    expect(isLinearizable(history)).toBe(false);
  });

  it("refuses a lost write, and a value from nowhere", () => {
    expect(
      isLinearizable([call(1, write("a")), answer(1, done), call(2, read), answer(2, value(undefined))]),
    ).toBe(false);
    expect(isLinearizable([call(2, read), answer(2, value("x"))])).toBe(false);
  });

  it("refuses that time goes back between two reads that both overlap a write", () => {
    const history = [
      call(1, write("a")),
      call(2, read),
      answer(2, value("a")),
      call(3, read),
      answer(3, value(undefined)),
      answer(1, done),
    ];
    expect(isLinearizable(history)).toBe(false);
  });

  it("lets what was never answered take effect late, or never, but only once", () => {
    const begin = [call(1, write("a")), answer(1, done), call(2, write("b"))];
    const reads = (...seen: string[]): Event[] =>
      seen.flatMap((text, i) => [call(10 + i, read), answer(10 + i, value(text))]);
    expect(isLinearizable([...begin, ...reads("a", "a")])).toBe(true);
    expect(isLinearizable([...begin, ...reads("a", "b", "b")])).toBe(true);
    expect(isLinearizable([...begin, ...reads("a", "b", "a")])).toBe(false);
  });

  it("knows the order of what was appended", () => {
    const history = (seen: string): Event[] => [
      call(1, append("a")),
      answer(1, done),
      call(2, append("b")),
      call(3, append("c")),
      answer(2, done),
      answer(3, done),
      call(4, read),
      answer(4, value(seen)),
    ];
    for (const seen of ["abc", "acb"]) expect(isLinearizable(history(seen))).toBe(true);
    for (const seen of ["bca", "ab", "bc", "abcc"]) expect(isLinearizable(history(seen))).toBe(false);
  });

  it("knows what compare-and-set may answer", () => {
    const history = (second: Output): Event[] => [
      call(1, swap(undefined, "a")),
      answer(1, done),
      call(2, swap(undefined, "b")),
      answer(2, second),
    ];
    expect(isLinearizable(history({ kind: "mismatch" }))).toBe(true);
    expect(isLinearizable(history(done))).toBe(false);
    // Two that both say that they were first.
    const both = [
      call(1, swap(undefined, "a")),
      call(2, swap(undefined, "b")),
      answer(1, done),
      answer(2, done),
    ];
    expect(isLinearizable(both)).toBe(false);
  });

  /** What clients of a true register see, each effect at a moment between call and return. */
  function trueHistory(seed: number, stale: boolean): Event[] {
    const random = seeded(seed);
    const events: Event[] = [];
    const open: { operation: number; input: Exclude<Input, { kind: "append" }>; output?: Output }[] = [];
    let current: string | undefined;
    let old: string | undefined;
    for (let operation = 0; operation < 300;) {
      const dice = random();
      const undone = open.filter(({ output }) => output === undefined);
      const finished = open.filter(({ output }) => output !== undefined);
      if (dice < 0.34 && open.length < 10) {
        const input: (typeof open)[number]["input"] =
          random() < 0.5 ? read : random() < 0.5 ? write(`v${operation}`) : swap(current, `v${operation}`);
        events.push(call(operation, input));
        open.push({ operation: operation++, input });
      } else if (dice < 0.67 && undone.length > 0) {
        const one = undone[Math.floor(random() * undone.length)]!;
        if (one.input.kind === "read") one.output = value(stale ? old : current);
        else if (one.input.kind === "write" || one.input.from === current) {
          old = current;
          current = one.input.kind === "write" ? one.input.value : one.input.to;
          one.output = done;
        } else one.output = { kind: "mismatch" };
      } else if (finished.length > 0) {
        const one = finished[Math.floor(random() * finished.length)]!;
        open.splice(open.indexOf(one), 1);
        // Some answers are lost on their way.
        if (one.input.kind === "read" || random() < 0.9) events.push(answer(one.operation, one.output!));
      }
    }
    return events.filter(
      (event) =>
        event.type === "return" ||
        event.input.kind !== "read" ||
        events.some((other) => other.type === "return" && other.operation === event.operation),
    );
  }

  it("takes every history of a true register, with ten clients at a time and answers that were lost", () => {
    for (let seed = 1; seed <= 30; seed++) expect(isLinearizable(trueHistory(seed, false))).toBe(true);
  });

  it("refuses the histories of a register whose reads are one write late", () => {
    for (let seed = 1; seed <= 30; seed++) expect(isLinearizable(trueHistory(seed, true))).toBe(false);
  });
});

describe("the recorder", () => {
  it("leaves out what was refused for certain, and keeps open what is unclear", async () => {
    const recorder = new Recorder();
    const fails = (): Promise<Output> => Promise.reject(new Error("no"));
    await recorder.run("k", write("a"), fails, () => undefined);
    await recorder.run("k", write("b"), fails, () => ({ kind: "unknown" }));
    await recorder.run("k", read, fails, () => ({ kind: "unknown" }));
    await recorder.run(
      "k",
      read,
      () => Promise.resolve(value("b")),
      () => undefined,
    );
    expect(recorder.histories.get("k")).toEqual([call(1, write("b")), call(3, read), answer(3, value("b"))]);
  });
});
