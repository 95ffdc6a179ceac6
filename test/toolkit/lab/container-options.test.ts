import { describe, expect, it } from "@jest/globals";
import { shapes } from "../../../src/toolkit/containers/shapes.ts";
import { containerOptions, shapeHash, volumeOptions } from "../../../src/toolkit/lab/container-options.ts";
import { threeMachines } from "../fixtures/three-machines.ts";

const made = shapes(threeMachines, {
  image: "mailbastion/machine:1",
  prefix: "lab-acme",
  labels: {},
  lab: true,
  authorizedKey: "ssh-ed25519 A",
});

describe("containerOptions", () => {
  it("says to the engine what the shape says", () => {
    expect(containerOptions(made.containers[0]!)).toMatchSnapshot();
    expect(volumeOptions(made.volumes[0]!)).toMatchSnapshot();
  });

  it("marks a container with a hash that changes with anything it was made from", () => {
    const [shape] = made.containers;
    expect(containerOptions(shape!).Labels?.["mailbastion.shape"]).toBe(shapeHash(shape!));
    const changes = [
      { image: "mailbastion/machine:2" },
      { address: "192.168.1.9" },
      { uploads: [] },
      { capabilities: [] },
    ];
    const hashes = changes.map((change) => shapeHash({ ...shape!, ...change }));
    expect(new Set([shapeHash(shape!), ...hashes]).size).toBe(changes.length + 1);
  });
});
