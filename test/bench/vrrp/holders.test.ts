import { describe, expect, it } from "@jest/globals";
import { judge, parseMonitorLine, type Change } from "../../../bench/vrrp/holders.ts";

const change = (machine: string, bears: boolean, atMs: number): Change => ({ machine, bears, atMs });

describe("judge", () => {
  it("finds nothing needless where nothing happened", () => {
    expect(judge("node-1", [], 1_800)).toEqual({
      moves: 0,
      isNeedless: false,
      doubles: 0,
      doubleMs: 0,
      holderAtEnd: "node-1",
    });
  });

  it("counts a standby that took the VIP and gave it back, and how long two machines bore it", () => {
    const changes = [change("node-2", true, 650), change("node-2", false, 700)];
    expect(judge("node-1", changes, 1_800)).toEqual({
      moves: 1,
      isNeedless: true,
      doubles: 1,
      doubleMs: 50,
      holderAtEnd: "node-1",
    });
  });

  it("follows the VIP to the machine that kept it", () => {
    const changes = [change("node-1", false, 720), change("node-2", true, 650)];
    expect(judge("node-1", changes, 1_800)).toMatchObject({ doubleMs: 70, holderAtEnd: "node-2" });
  });

  it("counts two holders that stay up to the end of the window, and then names none", () => {
    const verdict = judge("node-1", [change("node-2", true, 600)], 1_800);
    expect(verdict).toMatchObject({ doubles: 1, doubleMs: 1_200, holderAtEnd: undefined });
  });

  it("calls it needless too when the holder lets go and nobody takes the VIP", () => {
    const verdict = judge("node-1", [change("node-1", false, 300)], 1_800);
    expect(verdict).toMatchObject({ moves: 0, isNeedless: true, doubles: 0, holderAtEnd: undefined });
  });

  it("does not count the refresh of an address that is there", () => {
    const verdict = judge("node-1", [change("node-1", true, 300)], 1_800);
    expect(verdict).toMatchObject({ moves: 0, isNeedless: false, doubles: 0, holderAtEnd: "node-1" });
  });
});

describe("parseMonitorLine", () => {
  const vip = "10.77.1.100";
  const arrival =
    "[2026-11-22T15:53:01.012947] 2: eth0    inet 10.77.1.100/32 scope global eth0\\       valid_lft forever preferred_lft forever";

  it("reads that the VIP came, and when", () => {
    const atMs = Date.UTC(2026, 10, 22, 15, 53, 1, 12);
    expect(parseMonitorLine(arrival, vip)).toEqual({ bears: true, atMs });
  });

  it("reads that it left", () => {
    const line = arrival.replace("] 2:", "] Deleted 2:");
    expect(parseMonitorLine(line, vip)).toMatchObject({ bears: false });
  });

  it("passes over other addresses, also those that begin like it", () => {
    expect(parseMonitorLine(arrival, "10.77.1.10")).toBeUndefined();
    expect(parseMonitorLine(arrival.replace("10.77.1.100/32", "10.77.1.101/24"), vip)).toBeUndefined();
    expect(parseMonitorLine("", vip)).toBeUndefined();
  });
});
