import { describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetOthers, knowsExactly } from "../../../../src/toolkit/services/sentinel/forget.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

const [one] = threeMachines.machines;

interface Said {
  readonly sentinels?: readonly string[];
  readonly replicas?: readonly string[];
  readonly master?: string;
  readonly quorum?: string;
  readonly set?: string;
  readonly reset?: string;
}

/** redis-cli prints what Sentinel knows as a name and a value on a line each, one instance after the other. */
const list = (addresses: readonly string[]) =>
  addresses
    .map((address) => `name\\nx\\nip\\n${address}\\nport\\n26379\\nrunid\\n\\nflags\\nslave\\n`)
    .join("");

function run({ argv }: Command, said: Said) {
  const folder = mkdtempSync(join(tmpdir(), "forget-"));
  try {
    const log = join(folder, "log");
    writeFileSync(join(folder, "sentinel.conf"), "requirepass sentinel-secret\n");
    writeFileSync(log, "");
    const program = `
[ "$REDISCLI_AUTH" = sentinel-secret ] || exit 9
shift 4
echo "$*" >>"${log}"
case "$*" in
  "SENTINEL SENTINELS "*) printf '${list(said.sentinels ?? ["192.168.1.103", "192.168.1.102"])}' ;;
  "SENTINEL REPLICAS "*) printf '${list(said.replicas ?? ["192.168.1.102", "192.168.1.101"])}' ;;
  "SENTINEL GET-MASTER-ADDR-BY-NAME "*) printf '${said.master ?? "192.168.1.103"}\\n6379\\n' ;;
  "SENTINEL CKQUORUM "*) echo "${said.quorum ?? "OK 3 usable Sentinels."}" ;;
  "SENTINEL SET "*) echo "${said.set ?? "OK"}" ;;
  "SENTINEL RESET "*) echo "${said.reset ?? "1"}" ;;
esac`;
    const moved = argv.map((word) => word.replace("/etc/redis/sentinel.conf", `${folder}/sentinel.conf`));
    const answer = runWith(moved, { programs: { "redis-cli": program } });
    return { ...answer, log: readFileSync(log, "utf8").trim().split("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const knows = (said: Said) => run(knowsExactly(threeMachines, one!).command, said);

describe("what a Sentinel knows", () => {
  it("is all of the cluster, in any order", () => {
    expect(knows({})).toMatchObject({ code: 0, stderr: "" });
  });

  it.each<readonly [string, Said, string]>([
    [
      "a Sentinel that is no more",
      { sentinels: ["192.168.1.102", "192.168.1.103", "192.168.1.104"] },
      "Sentinels",
    ],
    [
      "one that came anew under another id twice",
      { sentinels: ["192.168.1.102", "192.168.1.102", "192.168.1.103"] },
      "Sentinels",
    ],
    ["too few Sentinels", { sentinels: ["192.168.1.102"] }, "Sentinels"],
    ["no Sentinel at all yet", { sentinels: [] }, "Sentinels"],
    [
      "a replica that is no more",
      { replicas: ["192.168.1.101", "192.168.1.102", "192.168.1.104"] },
      "caches",
    ],
    ["too few replicas", { replicas: ["192.168.1.101"] }, "caches"],
    ["no quorum", { quorum: "NOQUORUM 1 usable" }, "NOQUORUM 1 usable"],
  ])("is not %s", (_what, said, sentence) => {
    const { code, stderr } = knows(said);
    expect(code).not.toBe(0);
    expect(stderr).toContain(sentence);
  });
});

describe("to have a Sentinel forget", () => {
  const command = forgetOthers(threeMachines, one!);

  it("gives it the quorum of the cluster first, and resets it then", () => {
    expect(run(command, {})).toMatchObject({
      code: 0,
      log: ["SENTINEL SET mailbastion quorum 2", "SENTINEL RESET mailbastion"],
    });
  });

  it("fails where it refuses, which redis-cli says with exit code 0", () => {
    expect(run(command, { set: "ERR No such master" })).toMatchObject({
      code: 1,
      stderr: "ERR No such master\n",
    });
    expect(run(command, { reset: "0" }).code).toBe(1);
  });
});
