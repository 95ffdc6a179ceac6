import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { labDown } from "../../src/toolkit/lab/down.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { threeMachines } from "../toolkit/fixtures/three-machines.ts";
import { acquireLab, labName, noEngine, PROJECT } from "./acquire-lab.ts";
import { loseData } from "./lose-data.ts";
import { HostsProject } from "./project.ts";
import { shellOn } from "./shell-on.ts";
import { until } from "./until.ts";

/* The rehearsal: a backup of a running cluster, the loss of everything that it is a copy of, and its return. */

const NODES = ["node-1", "node-2", "node-3"] as const;
const MINUTE = 60_000;
const ROWS = 500;
/** A shell function that talks to the cache of the machine itself, with the password of its file. */
const CACHE = `cache() { REDISCLI_AUTH=$(sed -n 's/^requirepass "\\{0,1\\}\\([^"]*\\)"\\{0,1\\}$/\\1/p' /etc/redis/redis.conf) redis-cli "$@"; }`;

(noEngine() === undefined ? describe : describe.skip)("a backup of a running cluster", () => {
  let lab: Lab;
  let project: HostsProject;
  let backups: string;
  let folder: string;
  let history: string;

  const sh = (machine: string, script: string) => shellOn(lab, machine, script);
  const onAll = (script: string) => Promise.all(NODES.map((node) => sh(node, script)));
  const succeeds = (...args: readonly string[]) => project.succeeds(...args);
  const checksums = () => onAll(`mariadb -Nse "CHECKSUM TABLE proof.rows"`);
  const savedHistory = () => sh("node-1", "sed -n 's/^uuid: *//p' /var/lib/mysql/grastate.dat");
  const cached = () => onAll(`${CACHE}; cache GET proof`);
  const onMaster = (script: string) =>
    onAll(`${CACHE}; if cache INFO replication | grep -q '^role:master'; then ${script}; fi`);
  let before: readonly string[];

  beforeAll(async () => {
    lab = await acquireLab({ ...threeMachines, cluster: "hosts" }, "restore");
    project = await HostsProject.of(lab);
    backups = await mkdtemp(join(tmpdir(), "mailbastion-backups-"));
    await succeeds("trust");
    await succeeds("apply");
    await sh(
      "node-1",
      `mariadb -e "CREATE DATABASE proof; USE proof; CREATE TABLE proof.rows (id INT PRIMARY KEY, text VARCHAR(200)); INSERT INTO proof.rows SELECT seq, SHA2(seq, 256) FROM seq_1_to_${ROWS}"`,
    );
    await onMaster("cache SET proof kept");
    await until("every cache has the value", async () => (await cached()).every((value) => value === "kept"));
    before = await checksums();
    history = await savedHistory();
  }, 12 * MINUTE);
  afterAll(async () => {
    project?.deploy[Symbol.dispose]();
    if (backups) await rm(backups, { recursive: true });
    await labDown(lab.engine, { project: PROJECT, name: labName("restore") });
  }, 2 * MINUTE);

  it(
    "is made while the cluster works, and is found whole without the cluster",
    async () => {
      const made = await project.backup(backups);
      folder = made.folder;
      expect(made.output).toContain(`next: mbctl backup verify ${folder}`);
      // Reads only, so that it has nothing to ask.
      const verified = await project.mbctl("backup", "verify", folder);
      expect(verified).toMatchObject({ code: 0, output: expect.stringContaining(`${history}:`) });
      expect(await project.isWhole()).toBe(true);
    },
    5 * MINUTE,
  );

  it(
    "is not put over a cluster that works",
    async () => {
      const { code, output } = await project.mbctl("restore", folder, "--yes");
      expect(code).toBe(1);
      expect(output).toContain("[RESTORE_LIVING]");
    },
    2 * MINUTE,
  );

  it(
    "brings every row and every key back to machines that lost them, in a new history",
    async () => {
      await loseData(lab, NODES);
      await succeeds("restore", folder);
      expect(await checksums()).toEqual(before);
      expect(await onAll(`mariadb -Nse "SELECT COUNT(*) FROM proof.rows"`)).toEqual(
        NODES.map(() => String(ROWS)),
      );
      expect(await cached()).toEqual(NODES.map(() => "kept"));
      expect(await savedHistory()).not.toBe(history);
      await succeeds("apply");
      await project.becomesWhole();
    },
    12 * MINUTE,
  );

  it(
    "takes a cluster that works back when a person says why, and keeps what it replaces",
    async () => {
      await sh("node-1", `mariadb -e "DROP TABLE proof.rows; CREATE TABLE proof.later (id INT PRIMARY KEY)"`);
      await succeeds("restore", folder, "--only", "database", "--over-living-data", "a table was dropped");
      expect(await checksums()).toEqual(before);
      // Of the second restore, on every machine.
      expect(await onAll("ls -d /var/lib/mysql-before-*/proof/later.ibd | wc -l")).toEqual(["1", "1", "1"]);
      expect(await cached()).toEqual(NODES.map(() => "kept"));
    },
    12 * MINUTE,
  );
});
