import { describe, expect, it } from "@jest/globals";
import { Lasting } from "../../../src/mailnode/node/lasting.ts";

describe("what lasts", () => {
  it("has held at every look for long enough, and begins anew after a break", () => {
    const lasting = new Lasting(100);
    expect(lasting.look(["a"], 0)).toEqual([]);
    expect(lasting.look(["a", "b"], 99)).toEqual([]);
    expect(lasting.look(["a", "b"], 100)).toEqual(["a"]);
    expect(lasting.look(["b"], 150)).toEqual([]);
    expect(lasting.look(["a", "b"], 200)).toEqual(["b"]);
  });
});
