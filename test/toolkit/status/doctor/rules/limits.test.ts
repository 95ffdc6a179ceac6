import { describe, expect, it } from "@jest/globals";
import { limitRules } from "../../../../../src/toolkit/status/doctor/rules/limits.ts";
import { found } from "../deep.ts";

describe("the doctor on limits", () => {
  const well = `conntrack 100
conntrack-max 262144
files 1600	0	9223372036854775807
pressure-io 0.00
pressure-memory 0.00
container none
synchronised yes
killed 
`;
  const rulesOf = (text: string) =>
    found(limitRules, { "node-1": { machine: text } }).map(({ rule }) => rule);

  it("finds nothing where all is well, nor where a machine lacks what would tell", () => {
    expect(rulesOf(well)).toEqual([]);
    expect(rulesOf("container docker\nsynchronised \n")).toEqual([]);
  });

  it.each([
    ["conntrack 100\n", "conntrack 230000\n", "conntrack-full"],
    ["files 1600\t0\t9223372036854775807", "files 90000\t0\t100000", "files-short"],
    ["pressure-io 0.00", "pressure-io 61.20", "pressure-io"],
    ["pressure-memory 0.00", "pressure-memory 40.00", "pressure-memory"],
    ["synchronised yes", "synchronised no", "clock-unkept"],
    ["killed ", "killed Out of memory: Killed process 812 (mariadbd)", "memory-killed"],
  ])("of %j made %j finds %s", (before, after, rule) => {
    expect(rulesOf(well.replace(before, after))).toEqual([rule]);
  });

  it("does not ask a container for its clock: it has its host's", () => {
    expect(
      rulesOf(
        well.replace("container none", "container docker").replace("synchronised yes", "synchronised no"),
      ),
    ).toEqual([]);
  });
});
