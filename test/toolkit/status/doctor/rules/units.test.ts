import { describe, expect, it } from "@jest/globals";
import { unitRules } from "../../../../../src/toolkit/status/doctor/rules/units.ts";
import { found } from "../deep.ts";
import { drain } from "../../whole.ts";

describe("the doctor on units", () => {
  const journal = `@unit
mariadb.service failed oom-kill
2026-11-22T18:00:01+0000 node-2 systemd[1]: mariadb.service: A process of this unit has been killed by the OOM killer.
2026-11-22T18:00:01+0000 node-2 systemd[1]: mariadb.service: Failed with result 'oom-kill'.
`;

  it("names the unit, why it is down, and quotes what it said last", () => {
    const [finding] = found(unitRules, { "node-2": { journal } });
    expect(finding).toMatchObject({
      severity: "critical",
      finding: "mariadb.service on node-2 is failed",
      cause: "the kernel ended it, as memory was short",
    });
    expect(finding!.evidence).toHaveLength(2);
  });

  it.each([
    ["exit-code", "redis-server.service: Failed at step NAMESPACE: status=226/NAMESPACE", /226/],
    ["exit-code", "(code=exited, status=217/USER)", /217/],
    ["exit-code", "bind(): Address already in use", /port/],
    ["exit-code", "write: No space left on device", /disk is full/],
    ["success", "Stopped.", /it was stopped/],
    ["start-limit-hit", "", /so often/],
  ])("knows the cause behind result %s and %j", (result, line, cause) => {
    const text = `@unit\nx.service failed ${result}\n${line}\n`;
    expect(found(unitRules, { "node-1": { journal: text } })[0]!.cause).toMatch(cause);
  });

  it("only notes what does not run on a drained machine", () => {
    const findings = found(unitRules, { "node-2": { journal } }, (status) => drain(status, "node-2"));
    expect(findings.map(({ severity }) => severity)).toEqual(["note"]);
  });
});
