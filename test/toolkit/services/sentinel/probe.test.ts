import { describe, expect, it } from "@jest/globals";
import { sentinelProbe } from "../../../../src/toolkit/services/sentinel/probe.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

const { argv } = sentinelProbe(threeMachines, threeMachines.machines[0]!);

/** Stands for redis-cli: the verdict on the quorum, and the master that the Sentinel on node-3 names. */
function answering(verdict: string, third: string): number {
  const cli = `
case "$*" in
  *CKQUORUM*) echo '${verdict}' ;;
  *192.168.1.103*) ${third} ;;
  *) printf '192.168.1.101\\n6379\\n' ;;
esac`;
  return runWith(argv, { programs: { "redis-cli": cli } }).code;
}

const OK = "OK 3 usable Sentinels. Quorum and failover authorization can be reached";
const SAME = "printf '192.168.1.101\\n6379\\n'";

describe("the probe of a Sentinel", () => {
  it("holds when a failover would succeed and all name the same master", () => {
    expect(answering(OK, SAME)).toBe(0);
  });

  it("fails without a quorum, although redis-cli ends with 0", () => {
    expect(answering("NOQUORUM 1 usable Sentinels. Not enough available Sentinels", SAME)).toBe(1);
  });

  it("fails when another Sentinel names another master", () => {
    expect(answering(OK, "printf '192.168.1.102\\n6379\\n'")).toBe(1);
  });

  it("does not fail for another machine that is away", () => {
    expect(answering(OK, "exit 1")).toBe(0);
  });
});
