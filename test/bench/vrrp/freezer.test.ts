import { describe, expect, it } from "@jest/globals";
import { freezerOf } from "../../../bench/vrrp/freezer.ts";

describe("freezerOf", () => {
  it("finds the freezer of the first version of control groups", () => {
    const freezer = freezerOf(
      "9:name=systemd:/docker/abc/init.scope\n6:freezer:/docker/abc\n1:cpu:/docker/abc\n0::/\n",
    );
    expect(freezer).toEqual({
      file: "/sys/fs/cgroup/freezer/docker/abc/freezer.state",
      frozen: "FROZEN",
      thawed: "THAWED",
    });
  });

  it("finds the whole machine's group in the second version", () => {
    const freezer = freezerOf("0::/system.slice/docker-abc.scope/init.scope\n");
    expect(freezer).toEqual({
      file: "/sys/fs/cgroup/system.slice/docker-abc.scope/cgroup.freeze",
      frozen: "1",
      thawed: "0",
    });
  });

  it("names what it was given when there is none, instead of freezing the root group", () => {
    expect(() => freezerOf("0::/\n")).toThrow(/0::/);
  });
});
