import { describe, expect, it } from "@jest/globals";
import { UserError } from "../../src/support/errors.ts";
import { throwAny } from "../../src/support/failures.ts";

const first = new UserError("A", "node-1 is off", "start it");
const second = new UserError("B", "node-2 is off", "start it");

describe("several failures", () => {
  it("are none, the one there is, or all in one message", () => {
    expect(() => throwAny([])).not.toThrow();
    expect(() => throwAny([first])).toThrow(first);
    expect(() => throwAny([first, second])).toThrow("node-1 is off\nnode-2 is off");
  });

  it("do not hide a fault of ours behind what a person can mend", () => {
    expect(() => throwAny([first, new TypeError("oops")])).toThrow(TypeError);
  });
});
