import { describe, expect, it } from "@jest/globals";
import { parseDrainMark, serializeDrainMark, type DrainMark } from "../../src/contract/drain-mark.ts";

const mark: DrainMark = {
  machine: "node-2",
  owner: "ada@desk",
  reason: 'a "new" disk\nin slot 3',
  at: "2026-11-22T18:00:00.000Z",
  run: "run-1",
  work: "drain",
};

describe("the mark of a drain", () => {
  it("comes back as it was put, on one line, whatever the reason says", () => {
    const text = serializeDrainMark(mark);
    expect(text.indexOf("\n")).toBe(text.length - 1);
    expect(parseDrainMark(text)).toEqual(mark);
  });

  it.each(["", "{", "null", '{"machine":"node-2"}', "touched by hand"])(
    "is the mark of somebody unknown when it says %j: that it is there is what counts",
    (text) => {
      expect(parseDrainMark(text)).toMatchObject({ owner: "somebody unknown", work: "drain" });
    },
  );
});
