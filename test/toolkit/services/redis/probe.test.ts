import { describe, expect, it } from "@jest/globals";
import { cacheProbe } from "../../../../src/toolkit/services/redis/probe.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

/** Stands for redis-cli of a server that says this in INFO and needs so many replicas. */
function answering(info: string, needed: number): number {
  const cli = `case "$*" in *INFO*) printf '${info.replaceAll("\n", "\\r\\n")}' ;; *) printf 'min-replicas-to-write\\n${needed}\\n' ;; esac`;
  return runWith(cacheProbe(threeMachines.machines[0]!).argv, { programs: { "redis-cli": cli } }).code;
}

describe("the probe of a cache", () => {
  it("holds for a master with as many fresh replicas as it needs", () => {
    expect(answering("role:master\nmin_slaves_good_slaves:2\n", 1)).toBe(0);
    expect(answering("role:master\nmin_slaves_good_slaves:0\n", 1)).toBe(1);
    expect(answering("role:master\n", 0)).toBe(0);
  });

  it("holds for a replica whose link is up and whose first copy is complete", () => {
    expect(answering("role:slave\nmaster_link_status:up\nmaster_sync_in_progress:0\n", 1)).toBe(0);
    expect(answering("role:slave\nmaster_link_status:down\nmaster_sync_in_progress:0\n", 1)).toBe(1);
    expect(answering("role:slave\nmaster_link_status:up\nmaster_sync_in_progress:1\n", 1)).toBe(1);
  });

  it("fails when nobody answers", () => {
    expect(answering("", 1)).toBe(1);
  });
});
