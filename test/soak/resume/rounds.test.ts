import { describe, expect, it } from "@jest/globals";
import { mulberry32 } from "../../../src/mailnode/sim/mulberry32.ts";
import { difference } from "../../../soak/resume/rounds.ts";

describe("the difference of two pictures", () => {
  it("names the lines that went and those that came", () => {
    expect(difference("node-1\nhaproxy active\nbricks 1", "node-1\nhaproxy failed\nbricks 1")).toBe(
      "- haproxy active, + haproxy failed",
    );
  });

  it("tells of another order too", () => {
    expect(difference("a\nb", "b\na")).toBe("lines in another order");
  });
});

describe("the moments of a soak", () => {
  it("are the same for the same seed, and others for another", () => {
    const draw = (seed: number) => Array.from({ length: 5 }, mulberry32(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    for (const moment of draw(7)) expect(moment >= 0 && moment < 1).toBe(true);
  });
});
