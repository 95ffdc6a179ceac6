import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { redisEvidence } from "../../../../src/toolkit/services/redis/evidence.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";

/** What three Redis 7.0.15 on one machine answered to INFO. */
const recorded = (name: string) =>
  readFileSync(new URL(`recorded-info-${name}.txt`, import.meta.url), "utf8");
const parse = (stdout: string) => redisEvidence.parse({ code: 0, stdout, stderr: "" });

describe("what a cache says of itself", () => {
  it("is of a master who follows it, and how far behind they are", () => {
    const found = parse(recorded("master"))!;
    expect(found).toMatchObject({ role: "master", freshReplicas: 2, isPersisting: true });
    expect(found.master).toBeUndefined();
    expect(found.replicas.map(({ state, behind }) => ({ state, behind }))).toEqual([
      { state: "online", behind: 0 },
      { state: "online", behind: 0 },
    ]);
    const late = recorded("master").replace(/offset=\d+,lag=\d+/, "offset=1000,lag=7");
    expect(parse(late)?.replicas[0]).toMatchObject({ behind: found.offset - 1000, lagSeconds: 7 });
  });

  it("is of a replica whom it follows and whether the link is up", () => {
    expect(parse(recorded("replica"))).toMatchObject({
      role: "replica",
      master: { address: "127.0.0.1", isLinked: true, isSyncing: false },
      replicas: [],
    });
    const cut = recorded("replica").replace("master_link_status:up", "master_link_status:down");
    expect(parse(cut)?.master?.isLinked).toBe(false);
  });

  it("shows a log that does not reach the disk", () => {
    const failing = recorded("master").replace("aof_last_write_status:ok", "aof_last_write_status:err");
    expect(parse(failing)?.isPersisting).toBe(false);
  });

  it("is nothing where nobody answers, or the password is refused", () => {
    expect(parse("")).toBeUndefined();
    expect(parse("NOAUTH Authentication required.\n")).toBeUndefined();
  });

  it("is asked with the password on the machine, which is in no argument", () => {
    const { argv } = redisEvidence.command(threeMachines, threeMachines.machines[0]!);
    const programs = {
      sed: "echo the-password",
      "redis-cli": `echo "$*" >&2; test "$REDISCLI_AUTH" = the-password && ${printing("role:master")}`,
    };
    const answer = runWith(argv, { programs });
    expect(answer.stdout).toBe("role:master\n");
    expect(answer.stderr).not.toContain("the-password");
  });
});
