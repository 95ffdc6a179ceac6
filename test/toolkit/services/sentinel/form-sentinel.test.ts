import { describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretsIn } from "../../../../src/support/placeholder.ts";
import { formSentinelPhase } from "../../../../src/toolkit/services/sentinel/form-sentinel.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";

const phase = formSentinelPhase({ topology: threeMachines, secret: (name) => `@@secret:${name}:1@@` });

const GOOD = [
  "answers yes",
  "quorum 2",
  "down-after-milliseconds 4000",
  "failover-timeout 10000",
  "parallel-syncs 1",
  "ping-period 300",
  "info-period 500",
  "auth-pass same",
  "sentinel-pass same",
  "agrees yes",
];
const said = (lines: readonly string[]): Answer => ({ code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" });
const stages = (...each: readonly (readonly string[])[]) =>
  phase.decide(new Map(each.map((lines, index) => [`node-${index + 1}`, said(lines)])));
const titles = (...each: readonly (readonly string[])[]) =>
  stages(...each).map((stage) => stage.map(({ machine, title }) => `${machine}: ${title}`));
const changed = (from: string, to: string) => GOOD.map((line) => (line === from ? to : line));

describe("making the Sentinels agree", () => {
  it("has nothing to do when all agree and hold the settings", () => {
    expect(titles(GOOD, GOOD, GOOD)).toEqual([]);
  });

  it("waits for one that does not answer or has not found the others yet", () => {
    const alone = GOOD.filter((line) => line !== "agrees yes");
    expect(titles([], alone, GOOD)).toEqual([
      ["node-1: wait for the Sentinels", "node-2: wait for the Sentinels"],
    ]);
  });

  it("sets by SENTINEL SET just what differs", () => {
    const old = changed("down-after-milliseconds 4000", "down-after-milliseconds 3000");
    const [settings, waits] = stages(old, GOOD, GOOD);
    expect(settings!.map(({ title }) => title)).toEqual(["set down-after-milliseconds"]);
    expect(settings![0]!.commands[0]!.argv.slice(-2)).toEqual(["down-after-milliseconds", "4000"]);
    expect(waits!.map(({ machine }) => machine)).toEqual(["node-1"]);
  });

  it("sets by SENTINEL DEBUG the times that no file holds, in a Sentinel that runs with its own", () => {
    const old = GOOD.map((line) => line.replace("ping-period 300", "ping-period 1000"));
    const [settings] = stages(GOOD, old, GOOD);
    expect(settings!.map(({ machine, title }) => `${machine}: ${title}`)).toEqual([
      "node-2: set ping-period",
    ]);
    const { argv } = settings![0]!.commands[0]!;
    expect(argv.join(" ")).toContain('sentinel DEBUG "$@"');
    expect(argv.slice(-2)).toEqual(["ping-period", "300"]);
  });

  it("reads those times as SENTINEL DEBUG prints them", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-sentinel-"));
    try {
      const file = join(folder, "sentinel.conf");
      writeFileSync(file, "requirepass secret\n");
      const { argv } = phase.observe("node-1");
      const moved = argv.map((word) => (word === "/etc/redis/sentinel.conf" ? file : word));
      const cli = `case "$*" in *" DEBUG") printf 'INFO-PERIOD\n10000\nPING-PERIOD\n300\n' ;; esac`;
      const answer = runWith(moved, { programs: { "redis-cli": cli }, stdin: "x\ny\n" });
      expect(answer.stdout.split("\n")).toEqual(
        expect.arrayContaining(["answers yes", "info-period 10000", "ping-period 300"]),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("changes the Sentinels' own password one machine after the other", () => {
    const old = changed("sentinel-pass same", "sentinel-pass differs");
    expect(titles(old, old, GOOD)).toEqual([
      ["node-1: change the Sentinel's own password"],
      ["node-2: change the Sentinel's own password"],
      ["node-1: wait for the Sentinels", "node-2: wait for the Sentinels"],
    ]);
  });

  it("never shows a password in an argument", () => {
    const old = GOOD.map((line) => line.replace("same", "differs"));
    const commands = stages(old, GOOD, GOOD).flatMap((stage) => stage.flatMap((step) => step.commands));
    expect(commands).toHaveLength(2);
    for (const { argv, stdin } of [phase.observe("node-1"), ...commands]) {
      expect(secretsIn(argv.join(" "))).toEqual([]);
      expect(secretsIn(stdin as string).map(({ name }) => name)).toEqual([
        "cache/password",
        "cache/sentinel-password",
      ]);
    }
  });

  it("answers with exit code 0 and nothing where Sentinel is not installed", () => {
    const { argv } = phase.observe("node-1");
    const elsewhere = argv.map((word) =>
      word === "/etc/redis/sentinel.conf" ? "/nowhere/sentinel.conf" : word,
    );
    const answer = runWith(elsewhere, { programs: { "redis-cli": printing("", 127) }, stdin: "x\ny\n" });
    expect(answer).toMatchObject({ code: 0, stdout: "" });
  });

  it("puts a new password of its own into the file and drops the hash of the old one, which would win", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-sentinel-"));
    try {
      const file = join(folder, "sentinel.conf");
      const kept = "# mailbastion: a test\nbind 10.0.0.1 127.0.0.1\n";
      const tail =
        "sentinel auth-pass mailbastion cache-one\nsentinel myid 305eb5bb5207de76700b9fff7a71f1d61a107e82\n";
      writeFileSync(
        file,
        `${kept}requirepass "old"\nsentinel sentinel-pass old\nuser default on #ba78 ~* &* +@all\n${tail}`,
      );
      const step = stages(changed("sentinel-pass same", "sentinel-pass differs"), GOOD, GOOD)[0]![0]!;
      const argv = step.commands[0]!.argv.map((word) => (word === "/etc/redis/sentinel.conf" ? file : word));
      const answer = runWith(argv, {
        programs: { systemctl: "exit 0", chown: "exit 0" },
        stdin: "cache-one\nnew\n",
      });
      expect(answer.code).toBe(0);
      expect(readFileSync(file, "utf8")).toBe(`${kept}requirepass new\nsentinel sentinel-pass new\n${tail}`);
      expect(statSync(file).mode & 0o777).toBe(0o640);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
