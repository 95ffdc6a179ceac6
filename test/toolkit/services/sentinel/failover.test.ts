import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  hasMasterMoved,
  isMasterElsewhere,
  moveMaster,
  namesMaster,
  passesOver,
} from "../../../../src/toolkit/services/sentinel/failover.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

const [one, two, three] = threeMachines.machines;

describe("a planned failover of the cache", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "failover-"));
    writeFileSync(join(folder, "redis.conf"), 'requirepass "cache-secret"\n');
    writeFileSync(join(folder, "sentinel.conf"), "requirepass sentinel-secret\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** `named` is what the Sentinels say at each question, by turns. */
  const run = (
    { argv }: Command,
    named: readonly string[],
    { failover = "OK", info = "", replicas = "" } = {},
  ) => {
    const log = join(folder, "log");
    writeFileSync(log, "");
    const programs = {
      sleep: "",
      "redis-cli": `
case $REDISCLI_AUTH in cache-secret) who=cache ;; sentinel-secret) who=sentinel ;; *) exit 9 ;; esac
while [ "\${1#-}" != "$1" ]; do case $1 in -e) shift ;; *) shift 2 ;; esac; done
case "$*" in
  "SENTINEL GET-MASTER-ADDR-BY-NAME "*)
    looks=$(cat "${folder}/looks" 2>/dev/null || echo 0)
    echo $((looks + 1)) >"${folder}/looks"
    set -- ${named.join(" ")}
    [ "$looks" -lt $# ] || looks=$(($# - 1))
    shift "$looks"
    printf '%s\\n6379\\n' "$1"
    exit ;;
  "SENTINEL REPLICAS mailbastion") ${replicas} ;;
  "SENTINEL FAILOVER "*) echo "${failover}" ;;
  "INFO replication") printf '${info}'; exit ;;
esac
echo "$who $*" >>"${log}"`,
    };
    const moved = argv.map((word) =>
      word.replace(/^\/etc\/redis\/(redis|sentinel)\.conf$/, `${folder}/$1.conf`),
    );
    const answer = runWith(moved, { programs });
    return { ...answer, said: readFileSync(log, "utf8").trimEnd().split("\n") };
  };
  const move = moveMaster(threeMachines, two!, one!);

  it("lets writes wait first, and has the old master follow as soon as Sentinel names the new one", () => {
    const { code, said } = run(move, ["192.168.1.101", "192.168.1.101", "192.168.1.103"]);
    expect(code).toBe(0);
    expect(said).toEqual([
      "cache CLIENT PAUSE 15000 WRITE",
      "sentinel SENTINEL FAILOVER mailbastion",
      "cache REPLICAOF 192.168.1.103 6379",
      "cache CONFIG REWRITE",
      "cache CLIENT KILL TYPE normal",
      "cache CLIENT UNPAUSE",
    ]);
  });

  it("takes a failover that is under way already for its own", () => {
    const failover = "INPROG Failover already in progress";
    expect(run(move, ["192.168.1.103"], { failover }).said).toContain("cache REPLICAOF 192.168.1.103 6379");
  });

  it("lets the old master write again and fails when no replica is good enough", () => {
    const { code, said, stderr } = run(move, ["192.168.1.101"], {
      failover: "NOGOODSLAVE No suitable replica",
    });
    expect(code).toBe(1);
    expect(stderr).toContain("NOGOODSLAVE");
    expect(said.at(-1)).toBe("cache CLIENT UNPAUSE");
    expect(said.join("\n")).not.toContain("REPLICAOF");
  });

  it("lets the old master write again and fails when Sentinel does not come to a new one", () => {
    const { code, said, stderr } = run(move, ["192.168.1.101"]);
    expect(code).toBe(1);
    expect(stderr).toBe("Sentinel still names 192.168.1.101\n");
    expect(said.at(-1)).toBe("cache CLIENT UNPAUSE");
  });

  it.each([
    ["192.168.1.103", 0],
    ["192.168.1.101", 1],
  ])("is done already when the master named is %s: %i", (master, code) => {
    expect(run(isMasterElsewhere(threeMachines, two!, one!), [master]).code).toBe(code);
  });

  const follows = (host: string, link = "up") =>
    `role:slave\\r\\nmaster_host:${host}\\r\\nmaster_link_status:${link}\\r\\nmaster_sync_in_progress:0\\r\\n`;

  it.each([
    ["all name one new master and the old one follows it", ["192.168.1.103"], follows("192.168.1.103"), 0],
    ["one still names the old one", ["192.168.1.103", "192.168.1.101"], follows("192.168.1.103"), 1],
    ["they name two new ones", ["192.168.1.103", "192.168.1.102"], follows("192.168.1.103"), 1],
    ["the old one still calls itself master", ["192.168.1.103"], "role:master\\r\\n", 1],
    ["the old one has not copied yet", ["192.168.1.103"], follows("192.168.1.103", "down"), 1],
    ["the old one follows somebody else", ["192.168.1.103"], follows("192.168.1.102"), 1],
  ])("has ended only when %s", (_when, named, info, code) => {
    const { command } = hasMasterMoved(threeMachines, [two!, three!], one!);
    expect(run(command, named, { info }).code).toBe(code);
  });

  it.each([
    ["192.168.1.103", 0],
    ["192.168.1.102", 1],
  ])("has come to the machine that was named when the master named is %s: %i", (master, code) => {
    expect(run(namesMaster(threeMachines, three!, three!).command, [master]).code).toBe(code);
  });

  /** As redis-cli 7.0 prints it without a terminal: a name and a value on a line each. */
  const replica = (ip: string, flags: string, priority: number) =>
    `printf 'name\\n${ip}:6379\\nip\\n${ip}\\nport\\n6379\\nflags\\n${flags}\\nslave-priority\\n${priority}\\nslave-repl-offset\\n7\\n'`;
  const target = replica("192.168.1.103", "slave", 100);

  it.each([
    ["is to be passed over", replica("192.168.1.102", "slave", 0), 0],
    ["may be chosen", replica("192.168.1.102", "slave", 100), 1],
    ["is down", replica("192.168.1.102", "s_down,slave,disconnected", 100), 0],
    ["is down and its machine with it", replica("192.168.1.102", "s_down,slave", 100), 0],
    ["was never met", "true", 0],
  ])("may begin when a replica %s: %#", (_, other, code) => {
    const { command } = passesOver(threeMachines, three!, [two!]);
    const answer = run(command, [], { replicas: `${other}; ${target}; exit 0` });
    expect([answer.code, answer.stderr]).toEqual([
      code,
      code === 0 ? "" : "192.168.1.102 would still be chosen\n",
    ]);
  });

  it("may not begin when Sentinel does not say whom it would choose", () => {
    const { command } = passesOver(threeMachines, three!, [two!]);
    expect(run(command, [], { replicas: "echo ERR No such master; exit 1" })).toMatchObject({
      code: 1,
      stderr: "ERR No such master\n",
    });
  });
});
