import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DRAIN_MARKS, serializeDrainMark } from "../../../src/contract/drain-mark.ts";
import { localTransport } from "../../../src/toolkit/runner/local-transport.ts";
import { marksCommand, parseMarks } from "../../../src/toolkit/status/drain-marks.ts";
import { MARK } from "./whole.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mailbastion-marks-"));
  mkdirSync(join(folder, "balancer"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read() {
  const argv = marksCommand.argv.map((word) => word.replace(DRAIN_MARKS.folder, folder));
  return parseMarks(await localTransport.run("here", { ...marksCommand, argv }));
}

describe("the drain marks of a machine", () => {
  it("are none where nobody is drained, or no drain ever was", async () => {
    expect(await read()).toEqual({ givesUpVip: false, ofOthers: {} });
    rmSync(join(folder, "balancer"), { recursive: true });
    expect(await read()).toEqual({ givesUpVip: false, ofOthers: {} });
  });

  it("are its own, that of the VIP, and those of others", async () => {
    writeFileSync(join(folder, "drained"), serializeDrainMark(MARK));
    writeFileSync(join(folder, "vip"), serializeDrainMark(MARK));
    writeFileSync(join(folder, "balancer", "node-3"), serializeDrainMark({ ...MARK, machine: "node-3" }));
    expect(await read()).toEqual({
      own: MARK,
      givesUpVip: true,
      ofOthers: { "node-3": { ...MARK, machine: "node-3" } },
    });
  });

  it("count by being there: text that cannot be understood is the mark of somebody unknown", async () => {
    writeFileSync(join(folder, "drained"), "");
    writeFileSync(join(folder, "balancer", "node-3"), '{"machine":\n"no');
    const marks = await read();
    expect(marks.own?.owner).toBe("somebody unknown");
    expect(marks.ofOthers["node-3"]?.owner).toBe("somebody unknown");
  });
});
