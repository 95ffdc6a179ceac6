import { describe, expect, it } from "@jest/globals";
import { freezerOf, isFrozenState, vrrpProcess } from "../../../bench/vrrp/freezer.ts";

describe("freezerOf", () => {
  it("finds the freezer of the first version of control groups", () => {
    const freezer = freezerOf(
      "9:name=systemd:/docker/abc/init.scope\n6:freezer:/docker/abc\n1:cpu:/docker/abc\n0::/\n",
    );
    expect(freezer).toMatchObject({
      file: "/sys/fs/cgroup/freezer/docker/abc/freezer.state",
      frozen: "FROZEN",
      thawed: "THAWED",
    });
    expect("FROZEN\n").toMatch(freezer.state.pattern);
    expect("FREEZING\n").not.toMatch(freezer.state.pattern);
  });

  it("finds the whole machine's group in the second version", () => {
    const freezer = freezerOf("0::/system.slice/docker-abc.scope/init.scope\n");
    expect(freezer).toMatchObject({
      file: "/sys/fs/cgroup/system.slice/docker-abc.scope/cgroup.freeze",
      frozen: "1",
      thawed: "0",
    });
    expect("populated 1\nfrozen 1\n").toMatch(freezer.state.pattern);
    expect("populated 1\nfrozen 0\n").not.toMatch(freezer.state.pattern);
  });

  it("names what it was given when there is none, instead of freezing the root group", () => {
    expect(() => freezerOf("0::/\n")).toThrow(/0::/);
  });
});

describe("vrrpProcess", () => {
  it("is the child of keepalived's two", () => {
    const lines = [
      ["100", "1", "systemd"],
      ["428", "427", "keepalived"],
      ["427", "100", "keepalived"],
    ];
    expect(vrrpProcess(lines)).toBe("428");
  });

  it("is missed when keepalived does not run", () => {
    expect(() => vrrpProcess([["100", "1", "systemd"]])).toThrow(/keepalived does not run/);
  });
});

describe("isFrozenState", () => {
  it("tells a frozen process from a sleeping one, whatever its name holds", () => {
    expect(isFrozenState("428 (keepalived) D 427 428")).toBe(true);
    expect(isFrozenState("428 (keepalived) S 427 428")).toBe(false);
    expect(isFrozenState("428 (a D b) S 427 428")).toBe(false);
  });
});
