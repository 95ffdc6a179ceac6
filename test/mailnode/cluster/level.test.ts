import { describe, expect, it } from "@jest/globals";
import { majority, replicasOf } from "../../../src/mailnode/cluster/level.ts";

describe("consistency levels", () => {
  it("ask for so many disks, and never for more than there are", () => {
    const table = [1, 2, 3, 5].map((voters) =>
      (["one", "two", "three", "quorum", "all"] as const).map((level) => replicasOf(level, voters)),
    );
    expect(table).toEqual([
      [1, 1, 1, 1, 1],
      [1, 2, 2, 2, 2],
      [1, 2, 3, 2, 3],
      [1, 2, 3, 3, 5],
    ]);
    expect([1, 2, 3, 4, 5].map(majority)).toEqual([1, 2, 2, 3, 3]);
  });
});
