import { describe, expect, it } from "@jest/globals";
import { secretsIn } from "../../../../src/support/placeholder.ts";
import { formCachePhase } from "../../../../src/toolkit/services/redis/form-cache.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";

const phase = formCachePhase({ topology: threeMachines, secret: (name) => `@@secret:${name}:1@@` });

const said = (lines: readonly string[]): Answer => ({ code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" });
const SETTINGS = [
  "answers yes",
  "maxmemory 268435456",
  "maxmemory-policy volatile-lru",
  "min-replicas-to-write 1",
  "min-replicas-max-lag 2",
  "appendfsync everysec",
  "repl-diskless-sync-delay 0",
  "requirepass same",
  "masterauth same",
];
const master = [...SETTINGS, "role master", "min_slaves_good_slaves 2"];
const replica = [...SETTINGS, "role slave", "master_link_status up"];

const stages = (...each: readonly (readonly string[])[]) =>
  phase.decide(new Map(each.map((lines, index) => [`node-${index + 1}`, said(lines)])));
const titles = (...each: readonly (readonly string[])[]) =>
  stages(...each).map((stage) => stage.map(({ machine, title }) => `${machine}: ${title}`));

describe("forming the cache", () => {
  it("has nothing to do when settings fit and replicas follow, whoever is master", () => {
    expect(titles(master, replica, replica)).toEqual([]);
    expect(titles(replica, replica, master)).toEqual([]);
  });

  it("waits for a cache that does not answer, as on a machine without Redis", () => {
    expect(titles([], replica, master)).toEqual([["node-1: wait for the cache"]]);
  });

  it("waits for a replica whose link is down, and for a master without replicas", () => {
    const cut = replica.map((line) => line.replace("status up", "status down"));
    const alone = master.map((line) => line.replace("slaves 2", "slaves 0"));
    expect(titles(alone, cut, replica)).toEqual([
      ["node-1: wait for the cache", "node-2: wait for the cache"],
    ]);
  });

  it("sets by CONFIG SET just what differs, and writes it to the file", () => {
    const old = replica.map((line) => line.replace("maxmemory 268435456", "maxmemory 134217728"));
    const [changes] = stages(master, old, replica);
    expect(changes!.map(({ machine, title }) => [machine, title])).toEqual([["node-2", "set maxmemory"]]);
    const { argv } = changes![0]!.commands[0]!;
    expect(argv.slice(-2)).toEqual(["maxmemory", "268435456"]);
    expect(argv[2]).toContain("CONFIG REWRITE");
    expect(changes![0]!.verify!.title).toBe("the cache has its role and its link");
  });

  it("never touches replicaof: who is master is Sentinel's to say", () => {
    const everything = stages(["answers yes"], ["answers yes"], ["answers yes"]).flat();
    const texts = everything.flatMap(({ commands }) => commands.flatMap(({ argv }) => argv));
    expect(texts.join(" ").toLowerCase()).not.toContain("replicaof");
  });

  it("changes a password on standard input, masterauth first, so that links can come back", () => {
    const old = replica.map((line) => line.replace("same", "differs"));
    const step = stages(master, old, replica)[0]![0]!;
    expect(step.commands[0]!.argv.slice(-2)).toEqual(["masterauth", "requirepass"]);
    for (const { argv, stdin } of [phase.observe("node-1"), ...step.commands]) {
      expect(secretsIn(argv.join(" "))).toEqual([]);
      expect(secretsIn(stdin as string)).toEqual([{ name: "cache/password", version: "1" }]);
    }
  });

  it("answers with exit code 0 and nothing where Redis is not installed", () => {
    const { argv } = phase.observe("node-1");
    const elsewhere = argv.map((word) => (word === "/etc/redis/redis.conf" ? "/nowhere/redis.conf" : word));
    const answer = runWith(elsewhere, { programs: { "redis-cli": printing("", 127) }, stdin: "x\n" });
    expect(answer).toMatchObject({ code: 0, stdout: "" });
  });
});
