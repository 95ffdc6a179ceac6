import { describe, expect, it } from "@jest/globals";
import { assertMachines } from "../../../src/toolkit/topology/known-machine.ts";

describe("a machine's name that somebody typed", () => {
  const known = ["node-1", "node-2", "node-3"];

  it("is taken when the cluster has that machine", () => {
    expect(() => assertMachines(["node-3", "node-1"], known, "mail")).not.toThrow();
  });

  it("is refused with the nearest name otherwise", () => {
    expect(() => assertMachines(["node-1", "nodee-2"], known, "mail")).toThrow(
      expect.objectContaining({ code: "MACHINE_UNKNOWN", remedy: "did you mean node-2?" }),
    );
  });

  it("is refused with all names where none is near", () => {
    expect(() => assertMachines(["database"], known, "mail")).toThrow(
      expect.objectContaining({ remedy: "name one of node-1, node-2, node-3" }),
    );
  });
});
