import { describe, expect, it } from "@jest/globals";
import { blockText, frameText, Screen } from "../../../src/toolkit/status/screen.ts";
import { AT, takeAway, viewOf } from "./whole.ts";

describe("the live screen", () => {
  const terminal = (rows: number) => {
    const written: string[] = [];
    return { written, write: (text: string) => void written.push(text), rows: () => rows, columns: () => 20 };
  };

  it("is drawn in place, each line wiped to its end, and nothing is left below", () => {
    const tty = terminal(10);
    const screen = new Screen(tty);
    screen.draw("one\ntwo");
    screen.draw("three");
    expect(tty.written).toEqual([
      "\x1b[?1049h\x1b[?25l\x1b[Hone\x1b[K\ntwo\x1b[K\x1b[J",
      "\x1b[Hthree\x1b[K\x1b[J",
    ]);
  });

  it("gives the terminal back as it was, cursor included, once", () => {
    const tty = terminal(10);
    const screen = new Screen(tty);
    screen.close();
    screen.draw("one");
    screen.close();
    screen.close();
    expect(tty.written.slice(1)).toEqual(["\x1b[?25h\x1b[?1049l"]);
  });

  it("says how much does not fit", () => {
    const tty = terminal(3);
    new Screen(tty).draw("a\nb\nc\nd\ne");
    expect(tty.written[0]).toContain("b\x1b[K\n... and 3 more lines\x1b[K");
    expect(tty.written[0]).not.toContain("c\x1b[K");
  });

  it("counts lines that are broken over several rows, without what only colours them", () => {
    const tty = terminal(4);
    new Screen(tty).draw(`${"x".repeat(50)}\nb`);
    new Screen(tty).draw(`${"x".repeat(50)}\nb\nc`);
    new Screen(tty).draw(`\x1b[31m${"x".repeat(18)}\x1b[39m\nb\nc\nd`);
    expect(tty.written.map((text) => text.includes("more lines"))).toEqual([false, true, false]);
  });

  it("says how old its data is, and what changed", () => {
    const judged = { status: viewOf().status, findings: [] };
    const text = frameText({
      judged,
      ageSeconds: 7,
      changes: [{ at: AT, text: "the VIP: node-1 -> node-2" }],
    });
    expect(text.split("\n").slice(0, 2)).toEqual([
      "acme  as of 18:00:00 UTC, 7 s ago (asked in 0.6 s)",
      "18:00:00 UTC  the VIP: node-1 -> node-2",
    ]);
  });
});

describe("the blocks without a terminal", () => {
  it("tell only the changes of their own look, and hold no control sequences", () => {
    const view = viewOf((status) => takeAway(status, "node-2"));
    const judged = { status: view.status, findings: [] };
    const changes = [
      { at: AT, text: "new" },
      { at: AT - 2_000, text: "told before" },
    ];
    const text = blockText({ judged, ageSeconds: 0, changes });
    expect(text.split("\n").slice(0, 2)).toEqual(["=== acme 2026-11-22T18:00:00.000Z", "18:00:00 UTC  new"]);
    expect(text).not.toContain("told before");
    expect(text).not.toContain("\x1b[H");
  });
});
