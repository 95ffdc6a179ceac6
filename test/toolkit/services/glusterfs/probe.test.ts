import { describe, expect, it } from "@jest/globals";
import { allBricksProbe, brickProbe } from "../../../../src/toolkit/services/glusterfs/probe.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";
import { ADDRESSES, healSummary, volumeStatus } from "./recorded.ts";

const [first, second, third] = ADDRESSES;
const own = brickProbe(threeMachines, threeMachines.machines[0]!).argv;
const all = allBricksProbe(threeMachines).argv;

function code(
  argv: readonly string[],
  bricks: Readonly<Record<string, 0 | 1>>,
  toHeal = 0,
  heal = `cat <<'RECORDED'\n${healSummary(toHeal)}\nRECORDED\n`,
): number {
  const gluster = `
case "$*" in
  *heal*) ${heal}
  ;;
  *) cat <<'RECORDED'\n${volumeStatus(bricks)}\nRECORDED
  ;;
esac`;
  return runWith(argv, { programs: { gluster } }).code;
}

describe("the probe of a storage machine", () => {
  it("holds when its brick is online and nothing waits to be healed", () => {
    expect(code(own, { [first]: 1, [second]: 1, [third]: 1 })).toBe(0);
  });

  it("fails when its own brick is not online", () => {
    expect(code(own, { [first]: 0, [second]: 1, [third]: 1 })).toBe(1);
  });

  it("fails while a brick that came back is being healed: the next one must not be restarted yet", () => {
    expect(code(own, { [first]: 1, [second]: 1, [third]: 1 }, 100)).toBe(1);
  });

  it("fails where a brick, or the command itself, does not say what waits to be healed", () => {
    const bricks = { [first]: 1, [second]: 1, [third]: 1 } as const;
    const unknown = healSummary(0).replace("entries: 0", "entries: -");
    expect(code(own, bricks, 0, `cat <<'RECORDED'\n${unknown}\nRECORDED\n`)).toBe(1);
    expect(code(own, bricks, 0, "echo 'Another transaction is in progress' >&2; exit 1")).toBe(1);
  });

  it("counts what is in split-brain", () => {
    const split = healSummary(2).replace("in split-brain: 0", "in split-brain: 2");
    expect(
      code(own, { [first]: 1, [second]: 1, [third]: 1 }, 0, `cat <<'RECORDED'\n${split}\nRECORDED\n`),
    ).toBe(1);
  });

  it("does not fail for another machine that is away, for which there is always something to heal", () => {
    expect(code(own, { [first]: 1, [third]: 1 }, 100)).toBe(0);
  });

  it("fails where there is no volume", () => {
    expect(
      runWith(own, { programs: { gluster: "echo 'Volume mail does not exist'; exit 1" } }).code,
    ).not.toBe(0);
  });
});

describe("the gate of a formed volume", () => {
  it("needs every brick online", () => {
    expect(code(all, { [first]: 1, [second]: 1, [third]: 1 })).toBe(0);
    expect(code(all, { [first]: 1, [second]: 1, [third]: 0 })).toBe(1);
    expect(code(all, { [first]: 1, [second]: 1 })).toBe(1);
  });
});
