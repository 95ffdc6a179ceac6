import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { clusterSchema } from "../../../src/toolkit/spec/schema.ts";
import { parseYaml } from "../../../src/toolkit/spec/yaml.ts";
import { resolve } from "../../../src/toolkit/topology/resolve.ts";
import type { SshTarget } from "../../../src/toolkit/topology/topology.ts";

const text = readFileSync("examples/three-machines.yaml", "utf8");

/** How node-1 is reached, by what the description says for all machines and for this one. */
function reached(all: object | undefined, own: object | undefined): SshTarget {
  const input = parseYaml(text, "three-machines.yaml") as Record<string, any>;
  if (all) input["ssh"] = all;
  if (own) input["machines"]["node-1"].ssh = own;
  return resolve(clusterSchema.parse(input)).machines[0]!.ssh;
}

it("a machine has a region and a rank where the description says so", () => {
  const input = parseYaml(text, "three-machines.yaml") as Record<string, any>;
  Object.assign(input["machines"]["node-1"], { region: "eu-west", electionRank: 1 });
  const [first, second] = resolve(clusterSchema.parse(input)).machines;
  expect(first).toMatchObject({ region: "eu-west", electionRank: 1 });
  expect(second).not.toHaveProperty("region");
  expect(second).not.toHaveProperty("electionRank");
});

it("a mail node keeps failed mail and leaves room on its disk by itself, but for what the description says", () => {
  const input = parseYaml(text, "three-machines.yaml") as Record<string, any>;
  expect(resolve(clusterSchema.parse(input)).mail).not.toHaveProperty("disk");
  Object.assign(input["mail"], { failedMail: { maxAge: "7d" } });
  expect(resolve(clusterSchema.parse(input)).mail.disk).toEqual({ maxFailedAgeMs: 604_800_000 });
  Object.assign(input["mail"], { failedMail: { maxSize: "2GiB" }, minFreeSpace: "512MiB" });
  expect(resolve(clusterSchema.parse(input)).mail.disk).toEqual({
    maxFailedBytes: 2 ** 31,
    minFreeBytes: 2 ** 29,
  });
});

describe("how a machine is reached", () => {
  it("is left to ~/.ssh/config, but for its address, where the description says nothing", () => {
    expect(reached(undefined, undefined)).toEqual({ host: "192.168.1.101" });
  });

  it("is what the description says of the machine, then of all machines", () => {
    const all = { user: "admin", port: 2222, jump: ["ops@bastion.example.com:2200", "10.0.0.1"] };
    expect(reached(all, { host: "node-1.example.com", port: 22 })).toEqual({
      host: "node-1.example.com",
      port: 22,
      user: "admin",
      jump: [{ host: "bastion.example.com", port: 2200, user: "ops" }, { host: "10.0.0.1" }],
    });
  });

  it("is without a jump host where the machine's list is empty", () => {
    expect(reached({ jump: ["bastion"] }, { jump: [] })).toMatchObject({ jump: [] });
  });
});
