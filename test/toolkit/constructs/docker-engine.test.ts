import { describe, expect, it } from "@jest/globals";
import { Machines } from "../../../src/toolkit/constructs/index.ts";
import { example, synthesise } from "./synth.ts";

const stack = synthesise((scope) => {
  new Machines(scope, "machines", { cluster: example("three-machines.yaml") }).require("mail");
});

describe("a Docker engine", () => {
  it("is reached through a provider of its own, beside any that the stack has", () => {
    expect(stack.provider).toEqual({ docker: [{ alias: "acme", host: "unix:///var/run/docker.sock" }] });
    for (const type of ["docker_container", "docker_image", "docker_network", "docker_volume"]) {
      for (const resource of Object.values(stack.resource[type]!))
        expect(resource["provider"]).toBe("docker.acme");
    }
  });

  it("has one network, of which no change is acted on", () => {
    expect(stack.resource["docker_network"]).toEqual({
      acme: expect.objectContaining({
        name: "acme",
        driver: "bridge",
        internal: false,
        ipam_config: [{ subnet: "192.168.1.0/24", gateway: "192.168.1.1" }],
        lifecycle: {
          ignore_changes: [
            "attachable",
            "check_duplicate",
            "driver",
            "ingress",
            "internal",
            "ipam_config",
            "ipam_driver",
            "ipam_options",
            "ipv6",
            "labels",
            "name",
            "options",
          ],
        },
      }),
    });
  });

  it("holds the image once for all machines", () => {
    expect(Object.values(stack.resource["docker_image"]!).map(({ name }) => name)).toEqual([
      "mailbastion/machine:bookworm",
    ]);
  });
});
