import { describe, expect, it } from "@jest/globals";
import {
  beEligible,
  bePassedOver,
  isEligible,
  isPassedOver,
} from "../../../../src/toolkit/services/redis/drain.ts";
import { redisSettings } from "../../../../src/toolkit/services/redis/settings.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";

const [machine] = threeMachines.machines;

describe("the cache of a drained machine", () => {
  it("has the priority that Sentinel never promotes, in the running server and in its file", () => {
    const { argv } = bePassedOver(machine!);
    expect(argv.slice(4)).toEqual([
      "192.168.1.101",
      "6379",
      "/etc/redis/redis.conf",
      "replica-priority",
      "0",
    ]);
    expect(argv[2]).toContain("CONFIG REWRITE");
    expect(beEligible(machine!).argv.at(-1)).toBe("100");
  });

  it("keeps it over an apply, which sets what the description knows and no more", () => {
    expect(Object.keys(redisSettings(threeMachines))).not.toContain("replica-priority");
  });

  it.each([
    ["0", 0, 1],
    ["100", 1, 0],
    ["", 1, 1],
  ])("is asked for it: %j", (found, passedOver, eligible) => {
    const programs = { "redis-cli": printing(`replica-priority\n${found}`) };
    expect(runWith(isPassedOver(machine!).command.argv, { programs }).code).toBe(passedOver);
    expect(runWith(isEligible(machine!).command.argv, { programs }).code).toBe(eligible);
  });
});
