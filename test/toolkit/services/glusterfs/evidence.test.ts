import { describe, expect, it } from "@jest/globals";
import { glusterEvidence } from "../../../../src/toolkit/services/glusterfs/evidence.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";
import { ADDRESSES, healSummary, peerStatus, volumeStatus } from "./recorded.ts";

const [first, second, third] = ADDRESSES;

/** The real probe, in a shell where gluster answers what was recorded. */
function look(bricks: Readonly<Record<string, 0 | 1>>, summary = healSummary(0)) {
  const recorded = (text: string) => `cat <<'RECORDED'\n${text}\nRECORDED\n`;
  const gluster = `
case "$*" in
  *heal*) ${recorded(summary)} ;;
  *peer*) ${recorded(peerStatus([[second], [third]]).stdout)} ;;
  *) ${recorded(volumeStatus(bricks))} ;;
esac`;
  const { argv } = glusterEvidence.command(threeMachines, threeMachines.machines[0]!);
  return glusterEvidence.parse(runWith(argv, { programs: { gluster } }));
}

const ALL = { [first]: 1, [second]: 1, [third]: 1 } as const;

describe("what a storage machine sees", () => {
  it("is its peers, the bricks, and that nothing waits", () => {
    expect(look(ALL)).toEqual({
      peers: [
        { names: [second], isConnected: true },
        { names: [third], isConnected: true },
      ],
      bricks: ADDRESSES.map((address) => ({ address, isOnline: true })),
      heal: { pending: 0, splitBrain: 0 },
    });
  });

  it("counts what waits, and what is in split-brain", () => {
    const split = healSummary(7).replace("in split-brain: 0", "in split-brain: 2");
    expect(look(ALL, split)?.heal).toEqual({ pending: 7, splitBrain: 2 });
  });

  it("does not count while a brick is not there", () => {
    const found = look({ [first]: 1, [second]: 0 });
    expect(found?.bricks).toEqual([
      { address: first, isOnline: true },
      { address: second, isOnline: false },
    ]);
    expect(found?.heal).toBeUndefined();
  });

  it("is nothing where glusterd does not answer", () => {
    expect(look({})).toBeUndefined();
  });
});
