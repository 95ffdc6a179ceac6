import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import {
  areBricksOnline,
  isHealed,
  launchHeal,
  parseSplitBrain,
  seesPeers,
} from "../../../../src/toolkit/services/glusterfs/heal.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";
import { ADDRESSES, peerStatus, volumeStatus } from "./recorded.ts";

const asked = (argv: readonly string[], output: string) =>
  runWith(argv, { programs: { gluster: printing(output) } });

type Counts = readonly [total: number | "-", splitBrain: number | "-"];

/** "gluster volume heal info summary" of three bricks. */
function summary(...bricks: Counts[]): string {
  return bricks
    .map(
      ([total, split], index) =>
        `Brick ${ADDRESSES[index]}:/srv/mailbastion/brick\nStatus: ${total === "-" ? "Transport endpoint is not connected" : "Connected"}\nTotal Number of entries: ${total}\nNumber of entries in heal pending: ${total}\nNumber of entries in split-brain: ${split}\nNumber of entries possibly healing: 0\n`,
    )
    .join("\n");
}

const heals = (...bricks: Counts[]) => asked(isHealed("mail").command.argv, summary(...bricks));

describe("healing", () => {
  it("has ended when nothing waits on any brick", () => {
    expect(heals([0, 0], [0, 0], [0, 0]).code).toBe(0);
    expect(heals([0, 0], [2, 0], [2, 0])).toMatchObject({
      code: 1,
      stderr: "4 entries wait to be healed\n",
    });
  });

  it("does not wait for what is in split-brain, as that waits for a person", () => {
    expect(heals([1, 1], [1, 1], [0, 0]).code).toBe(0);
  });

  it("has not ended while a brick does not say", () => {
    expect(heals([0, 0], ["-", "-"], [0, 0]).code).toBe(1);
    expect(asked(isHealed("mail").command.argv, "").code).toBe(1);
  });
});

describe("launching the healing", () => {
  const SILENT = "Self-heal daemon is not running. Check self-heal daemon log file.";
  const launch = (gluster: string) =>
    runWith(launchHeal("mail").argv, { programs: { gluster, sleep: "exit 0" } });

  it("waits for the daemon that heals, which comes up after the bricks", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-heal-"));
    try {
      const marker = join(folder, "asked");
      const second = `if [ -e ${marker} ]; then exit 0; fi\ntouch ${marker}\necho '${SILENT}'\nexit 1`;
      expect(launch(second).code).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(launch(`echo '${SILENT}'; exit 1`)).toMatchObject({ code: 1, stderr: `${SILENT}\n` });
  });

  it("fails in the end, and says why", () => {
    expect(launch("echo 'Volume mail is not started'; exit 1")).toMatchObject({
      code: 1,
      stderr: "Volume mail is not started\n",
    });
  });
});

describe("bricks and peers", () => {
  it("of the machines that are asked for must be online, whatever the others do", () => {
    const status = volumeStatus({ [ADDRESSES[0]]: 1, [ADDRESSES[1]]: 0 });
    const [first, second] = threeMachines.machines;
    expect(asked(areBricksOnline("mail", [first!]).command.argv, status).code).toBe(0);
    expect(asked(areBricksOnline("mail", [first!, second!]).command.argv, status)).toMatchObject({
      code: 1,
      stderr: "the brick of 192.168.1.102 is not online\n",
    });
  });

  it("are counted as they are connected", () => {
    const peers = peerStatus([["192.168.1.102"], ["192.168.1.103"]]).stdout;
    expect(asked(seesPeers(2).command.argv, peers).code).toBe(0);
    expect(asked(seesPeers(3).command.argv, peers).code).toBe(1);
    const away = peerStatus([["192.168.1.102"]], "Disconnected").stdout;
    expect(asked(seesPeers(1).command.argv, away).code).toBe(1);
  });
});

describe("files in split-brain", () => {
  it("are listed with the bricks that hold a version of them", () => {
    const text = `Brick 192.168.1.101:/srv/mailbastion/brick
/quarantine/a b
<gfid:2f0d3c52-14c4-4a7b-8e2f-1f6a2a1a8b11>
Status: Connected
Number of entries in split-brain: 2

Brick 192.168.1.102:/srv/mailbastion/brick
/quarantine/a b
Status: Connected
Number of entries in split-brain: 1
`;
    expect(parseSplitBrain(text)).toEqual([
      {
        file: "/quarantine/a b",
        bricks: ["192.168.1.101:/srv/mailbastion/brick", "192.168.1.102:/srv/mailbastion/brick"],
      },
      {
        file: "<gfid:2f0d3c52-14c4-4a7b-8e2f-1f6a2a1a8b11>",
        bricks: ["192.168.1.101:/srv/mailbastion/brick"],
      },
    ]);
  });

  it("are unknown where no brick was asked", () => {
    expect(parseSplitBrain("Another transaction is in progress")).toBeUndefined();
  });

  it("are none where nothing is listed", () => {
    expect(parseSplitBrain("Brick a:/b\nStatus: Connected\nNumber of entries in split-brain: 0\n")).toEqual(
      [],
    );
  });
});
