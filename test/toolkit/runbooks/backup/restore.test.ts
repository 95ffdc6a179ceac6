import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { restore } from "../../../../src/toolkit/runbooks/backup/restore.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { createKey } from "../../../../src/toolkit/vault/key-file.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { fresh, inService, stopped } from "../../services/galera/recorded.ts";
import { dryRun, ok, refusalOf, RUN, runbookContext, titlesOf } from "../runbook-context.ts";
import { putBackup, together } from "./a-backup.ts";

const cacheOf = (configured: "master" | "replica", keys = 0) => `configured ${configured}\nkeys ${keys}`;

function answersOf(database: readonly Answer[], caches: readonly string[]): ReadonlyMap<string, Answer> {
  const names = ["node-1", "node-2", "node-3"];
  return new Map(
    names.map((name, index) => [
      name,
      together({ database: database[index]!.stdout, cache: caches[index]! }),
    ]),
  );
}

const ASIDE = "set the present database aside";

const emptyCaches = [cacheOf("replica"), cacheOf("master"), cacheOf("replica")];
const lost = answersOf([fresh, fresh, fresh], emptyCaches);

describe("a restore", () => {
  let home: string;
  let folder: string;
  let context: ReturnType<typeof runbookContext>;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "mailbastion-restore-"));
    folder = join(home, "acme-1");
    const keyFile = join(home, "vault.key");
    await createKey(keyFile, 0);
    await putBackup(folder, keyFile);
    await putBackup(join(home, "other"), keyFile, { cluster: "other" });
    await putBackup(join(home, "no-cache"), keyFile, { cache: undefined as never });
    context = { ...runbookContext(), environment: { MAILBASTION_KEY_FILE: keyFile } };
  });
  afterAll(() => rm(home, { recursive: true }));

  const planOf = async (answers: ReadonlyMap<string, Answer>, args = {}) =>
    restore.plan(context, { folder, ...args }, answers, RUN);
  const titles = async (answers: ReadonlyMap<string, Answer>, args = {}) =>
    (await planOf(answers, args)).phases.map(({ title }) => title);

  it("sends exactly this to machines that lost everything", async () => {
    const { phases, notes, next } = await planOf(lost);
    expect((await dryRun(phases)).replaceAll(home, "<home>")).toMatchSnapshot();
    expect(notes!.map((note) => note.replaceAll(home, "<home>"))).toEqual([
      "the backup <home>/acme-1 is of 2026-11-22T18:00:00.000Z and opens with the key <home>/vault.key",
      "the database goes back to 82427ec6-e685-11f1-923a-a2e7766fb756:31; what the members hold now is kept in /var/lib/mysql-before-20261122-1800-abcd on each of them",
      "what the caches hold now is kept in /var/lib/redis-before-20261122-1800-abcd on each of them",
    ]);
    expect(next).toBe("mbctl apply");
  });

  it("unpacks the copy before it touches anything, and sets data aside before it puts any in their place", async () => {
    const all = await titles(lost);
    expect(all[0]).toBe("unpack the copy of the database");
    for (const [first, second] of [
      ["set the present database aside", "put the copy of the database in its place"],
      ["set the present caches aside", "put the snapshot of the cache in its place"],
      ["let the other caches follow", "start the Sentinels"],
    ] as const)
      expect(all.indexOf(first)).toBeLessThan(all.indexOf(second));
    expect(new Set(all).size).toBe(all.length);
  });

  it("stops what runs in every phase that touches data, as a machine that died in it has started all when it is resumed", async () => {
    const { phases } = await planOf(lost);
    const stagesOf = (title: string) =>
      titlesOf(
        phases.find((phase) => phase.title === title)!,
        new Map(),
      ) as readonly string[][];
    const onAll = (step: string) => ["node-1", "node-2", "node-3"].map((name) => `${name}: ${step}`);
    expect(stagesOf(ASIDE)[0]).toEqual(onAll("stop the database server"));
    expect(stagesOf("put the copy of the database in its place")[0]).toEqual([
      "node-1: stop the database server",
    ]);
    for (const title of ["set the present caches aside", "put the snapshot of the cache in its place"])
      expect(stagesOf(title).slice(0, 2)).toEqual([
        onAll("stop redis-sentinel.service").toSorted(),
        ["node-2", "node-1", "node-3"].map((name) => `${name}: stop redis-server.service`),
      ]);
    const begin = phases.find(({ title }) => title === "begin the database cluster with the copy")!;
    const [step] = begin.decide(new Map()).flat();
    expect(step!.commands.map(({ argv }) => argv.at(-1))).toEqual([
      "mariadb.service",
      "/var/lib/mysql/gvwstate.dat",
      "galera_new_cluster",
    ]);
  });

  it("restarts the member that began only while no copy of the data runs", async () => {
    const { phases } = await planOf(lost);
    const ordinary = phases.find(({ title }) => title === "let the member that began be like the others")!;
    expect(titlesOf(ordinary, new Map())).toEqual([
      ["node-1", "node-2", "node-3"].map((name) => `${name}: wait until no copy of the data runs`),
      ["node-1: restart it as an ordinary one"],
    ]);
  });

  it("gives the snapshot to the cache that its file names master, and to no other", async () => {
    const { phases } = await planOf(lost, { only: "cache" });
    const put = phases.find(({ title }) => title === "put the snapshot of the cache in its place")!;
    expect(
      put
        .decide(new Map())
        .at(-1)!
        .map(({ machine }) => machine),
    ).toEqual(["node-2"]);
  });

  it("is of one part alone where only that is asked for", async () => {
    expect((await titles(lost, { only: "database" })).join()).not.toContain("cache");
    expect((await titles(lost, { only: "cache" })).join()).not.toContain("database");
  });

  /** A cluster that apply has just formed: its databases are there, and no table in them. */
  const formed = (index: number): Answer => {
    const { stdout, ...rest } = inService(index);
    return { ...rest, stdout: stdout.replace(/@databases\n[^@]*/, "@databases\n") };
  };

  it("is refused over a database that works and holds data, unless a person says why", async () => {
    const answers = answersOf([inService(0), formed(1), fresh], emptyCaches);
    const refusal = await refusalOf(() => planOf(answers));
    expect(refusal.code).toBe("RESTORE_LIVING");
    expect(refusal.message).toBe("the database works and holds data on node-1; a restore would replace that");
    expect(await titles(answers, { overLivingData: "a table was dropped" })).toContain(ASIDE);
    expect(await titles(answers, { only: "cache" })).toContain("set the present caches aside");
  });

  it("is refused over a cache that holds keys", async () => {
    const caches = [cacheOf("replica", 3), cacheOf("master", 3), cacheOf("replica", 3)];
    const refusal = await refusalOf(() => planOf(answersOf([fresh, fresh, fresh], caches)));
    expect(refusal.message).toBe("the cache works and holds data on node-2; a restore would replace that");
  });

  it("needs no reason over a fresh cluster, nor over one without a primary component", async () => {
    expect(await titles(answersOf([formed(0), formed(1), formed(2)], emptyCaches))).toContain(ASIDE);
    const down = { ...stopped(5), stdout: `${stopped(5).stdout}/var/lib/mysql/app/t.ibd\n` };
    expect(await titles(answersOf([down, fresh, fresh], emptyCaches))).toContain(ASIDE);
  });

  it("is refused where the caches do not name one master", async () => {
    const none = [cacheOf("replica"), cacheOf("replica"), ""];
    expect((await refusalOf(() => planOf(answersOf([fresh, fresh, fresh], none)))).code).toBe(
      "RESTORE_NO_MASTER",
    );
  });

  it("is refused of another cluster's backup, of a part that is not in it, and of one that is damaged", async () => {
    expect((await refusalOf(() => planOf(lost, { folder: join(home, "other") }))).code).toBe(
      "RESTORE_OTHER_CLUSTER",
    );
    const withoutCache = { folder: join(home, "no-cache"), only: "cache" };
    expect((await refusalOf(() => planOf(lost, withoutCache))).message).toContain(
      "holds no copy of the cache",
    );
    expect((await refusalOf(() => planOf(lost, { folder: home }))).code).toBe("BACKUP_UNREADABLE");
  });

  describe("beside a witness", () => {
    const heard = new Map([...answersOf([fresh, fresh, fresh], emptyCaches), ["node-3", ok]]);
    const silent = new Map([...heard].filter(([name]) => name !== "node-3"));
    const planWith = (answers: ReadonlyMap<string, Answer>, args = {}) =>
      restore.plan({ ...context, topology: twoAndAWitness }, { folder, ...args }, answers, RUN);
    const stepsOf = async (answers: ReadonlyMap<string, Answer>, args = {}) =>
      (await planWith(answers, args)).phases.flatMap((phase) => titlesOf(phase, new Map()).flat());

    it("stops the arbitrator before a new history begins, and lets it join last", async () => {
      const steps = await stepsOf(heard, { only: "database" });
      const stopped = steps.indexOf("node-3: stop the arbitrator until there is a cluster that it can join");
      expect(stopped).toBeGreaterThan(steps.indexOf("node-2: stop the database server"));
      expect(stopped).toBeLessThan(steps.indexOf("node-1: begin a new history"));
      expect(steps[steps.indexOf("node-1: begin a new history") - 1]).toBe(steps[stopped]);
      expect(steps.at(-1)).toBe("node-3: start the arbitrator");
    });

    it("asks the witness, and can do without its answer, of which it tells", async () => {
      const survey = restore.survey({ ...context, topology: twoAndAWitness }, { folder, only: "database" });
      expect(survey.machines).toEqual(["node-1", "node-2", "node-3"]);
      expect(survey.canMiss).toEqual(["node-3"]);
      expect((await planWith(silent)).notes!.join()).toContain("node-3 does not answer");
      expect((await stepsOf(silent)).filter((step) => step.startsWith("node-3"))).toEqual([]);
      expect(await stepsOf(heard)).toContain("node-3: stop redis-sentinel.service");
    });
  });

  it("needs every machine of the parts that it restores", () => {
    const survey = restore.survey(context, { folder, only: "database" });
    expect(survey.needsAll).toBe(true);
    expect(survey.machines).toEqual(["node-1", "node-2", "node-3"]);
    for (const machine of survey.machines) expect(survey.command(machine).mutates).toBe(false);
  });
});
