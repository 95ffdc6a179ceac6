import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { backup } from "../../../../src/toolkit/runbooks/backup/backup.ts";
import { verifyBackup } from "../../../../src/toolkit/runbooks/backup/verify.ts";
import { secretRequests } from "../../../../src/toolkit/services/secret-requests.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { createKey } from "../../../../src/toolkit/vault/key-file.ts";
import { throwawayVault } from "../../../../src/toolkit/vault/throwaway-vault.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { OTHER_HISTORY } from "../../services/galera/recorded.ts";
import { dryRun, refusalOf, RUN, runbookContext } from "../runbook-context.ts";
import { putCopies, together } from "./a-backup.ts";

const database = (state = "Synced", history = "82427ec6-e685-11f1-923a-a2e7766fb756") => `@status
wsrep_local_state_comment\t${state}
wsrep_cluster_state_uuid\t${history}
wsrep_cluster_status\tPrimary
wsrep_connected\tON
wsrep_ready\tON
version\t10.11.19-MariaDB
@copying`;
const cache = (role: "master" | "slave", link = "up", master = "192.168.1.101") =>
  `redis_version:7.0.15\nrole:${role}\nmaster_host:${master}\nmaster_link_status:${link}\nmaster_sync_in_progress:0\n`;
const writer = (name: string) => `writer ${name}\nstatus ${name} UP`;
const MARK = '{"machine":"node-3","owner":"eve@desk","reason":"","at":"","run":"","work":"drain"}';

/** node-1 is written to and is the master of the cache. */
const healthy = (changes: Readonly<Record<string, Readonly<Record<string, string>>>> = {}) =>
  new Map<string, Answer>([
    ["node-1", together({ drained: "", writer: writer("node-1"), database: database(), cache: cache("master"), ...changes["node-1"] })],
    ["node-2", together({ drained: "", writer: writer("node-1"), database: database(), cache: cache("slave"), ...changes["node-2"] })],
    ["node-3", together({ drained: "", database: database(), cache: cache("slave"), ...changes["node-3"] })],
  ]); // prettier-ignore

describe("a backup", () => {
  const context = { ...runbookContext(), environment: { HOME: "/home/eve" } };
  const planOf = (answers: ReadonlyMap<string, Answer>, args = {}) =>
    backup.plan(context, { to: "/srv/backups", ...args }, answers, RUN);
  const sources = async (answers: ReadonlyMap<string, Answer>, args = {}) =>
    (await planOf(answers, args)).phases.flatMap((phase) =>
      phase
        .decide(new Map())
        .flat()
        .map(({ machine }) => machine),
    );

  it("streams the database of a member that is not written to, and the cache of a replica, into sealed files", async () => {
    const { phases, notes, next } = await planOf(healthy());
    expect(await dryRun(phases)).toMatchSnapshot();
    expect(notes).toEqual(["the backup is put into /srv/backups/acme-20261122T180000Z"]);
    expect(next).toBe("mbctl backup verify /srv/backups/acme-20261122T180000Z");
    const files = phases.flatMap((phase) =>
      phase
        .decide(new Map())
        .flat()
        .flatMap(({ commands }) => commands.map(({ stdout }) => stdout?.keyFile)),
    );
    expect(files).toEqual(Array.from({ length: 2 }, () => "/home/eve/.config/mailbastion/acme.key"));
  });

  it("passes over members that are drained, give a copy, or are away", async () => {
    expect(await sources(healthy({ "node-3": { drained: MARK } }))).toEqual(["node-2", "node-2"]);
    expect(await sources(healthy({ "node-3": { database: database("Donor/Desynced") } }))).toEqual([
      "node-2",
      "node-3",
    ]);
    const answers = healthy();
    answers.delete("node-3");
    expect(await sources(answers)).toEqual(["node-2", "node-2"]);
  });

  it("is refused where only the writer is left, unless a person names it", async () => {
    const alone = healthy({ "node-2": { drained: MARK }, "node-3": { database: "" } });
    const refusal = await refusalOf(() => planOf(alone));
    expect(refusal.code).toBe("BACKUP_NO_SOURCE");
    expect(refusal.message).toBe(
      "no database machine can be copied: node-1 is the one that is written to; node-2 is drained; node-3 does not answer",
    );
    expect((await sources(alone, { from: "node-1" }))[0]).toBe("node-1");
    expect((await refusalOf(() => planOf(alone, { from: "node-2" }))).message).toContain("node-2 is drained");
    expect((await refusalOf(() => planOf(alone, { from: "node-9" }))).message).toContain("node-9 is none");
  });

  it("is refused while two clusters are in service, of which nothing tells the right one, unless a person names a member", async () => {
    const two = healthy({ "node-3": { database: database("Synced", OTHER_HISTORY) } });
    const refusal = await refusalOf(() => planOf(two));
    expect(refusal.code).toBe("BACKUP_NO_SOURCE");
    expect(refusal.message).toContain(
      `node-3 is in one of 2 clusters at once, that of the history ${OTHER_HISTORY}`,
    );
    expect((await sources(two, { from: "node-2" }))[0]).toBe("node-2");
    // One that is in no component has a history of before.
    const away = database("Initialized", OTHER_HISTORY).replace("Primary", "non-Primary");
    expect((await sources(healthy({ "node-3": { database: away } })))[0]).toBe("node-2");
  });

  it("takes the cache of one master only: is refused where replicas follow two, and passes over one that nobody follows", async () => {
    const split = healthy({ "node-3": { cache: cache("slave", "up", "192.168.1.104") } });
    expect((await refusalOf(() => planOf(split))).message).toBe(
      "no cache can be copied: there are 2 masters at once",
    );
    const alone = { "node-2": { cache: cache("master") }, "node-3": { cache: cache("slave", "down") } };
    expect((await refusalOf(() => planOf(healthy(alone)))).code).toBe("BACKUP_NO_SOURCE");
    const back = { "node-2": { cache: cache("master") }, "node-3": { drained: MARK } };
    expect(await sources(healthy(back))).toEqual(["node-2", "node-1"]);
  });

  it("takes the cache of the master where no replica follows, and is refused where there is none", async () => {
    const broken = { "node-2": { cache: cache("slave", "down") }, "node-3": { cache: "" } };
    expect(await sources(healthy(broken))).toEqual(["node-3", "node-1"]);
    expect(
      (await refusalOf(() => planOf(healthy({ ...broken, "node-1": { cache: "" } })))).message,
    ).toContain("no cache can be copied");
  });
});

describe("what a backup puts beside its copies", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "mailbastion-backup-"));
  });
  afterEach(() => rm(home, { recursive: true }));

  it("is the project, and the configuration as a stack, with the vault as it is sealed, and a manifest that is written last", async () => {
    const keyFile = join(home, "vault.key");
    await createKey(keyFile, 0);
    const own = join(home, "project", ".mailbastion", "acme");
    await mkdir(own, { recursive: true });
    await writeFile(join(own, "vault.age"), "sealed");
    await writeFile(join(own, "versions.json"), "{}");
    const project = join(home, "project");
    await writeFile(join(project, "cluster.yaml"), "name: acme\n");
    const override = join(project, "overrides/all/etc/redis/redis.conf.append");
    await mkdir(dirname(override), { recursive: true });
    await writeFile(override, "hz 20\n");
    await mkdir(join(project, "hooks"));
    await writeFile(join(project, "hooks", "before-apply"), "#!/bin/sh\n", { mode: 0o755 });
    const secrets = throwawayVault(secretRequests(threeMachines, services), RUN.at);
    const context = {
      ...runbookContext(),
      directory: project,
      project: { folder: project, file: join(project, "cluster.yaml") },
      secrets: () => Promise.resolve(secrets),
      environment: { MAILBASTION_KEY_FILE: keyFile },
    };
    const to = join(home, "backups");
    const plan = await backup.plan(context, { to }, healthy(), RUN);
    const folder = join(to, "acme-20261122T180000Z");
    await putCopies(folder, keyFile);
    await plan.conclude!();
    // As a resumed run does.
    await plan.conclude!();

    const { manifest } = await verifyBackup(folder, keyFile);
    expect(manifest.database).toEqual({
      machine: "node-3",
      version: "10.11.19-MariaDB",
      position: { uuid: "82427ec6-e685-11f1-923a-a2e7766fb756", seqno: "31" },
    });
    expect((await readdir(join(folder, "configuration"))).toSorted()).toEqual([
      ".mailbastion",
      "bundle.json",
      "cluster.yaml",
      "hooks",
      "machines",
      "overrides",
      "topology.json",
    ]);
    const kept = (path: string) => readFile(join(folder, "configuration", path), "utf8");
    expect(await kept("cluster.yaml")).toBe("name: acme\n");
    expect(await kept("overrides/all/etc/redis/redis.conf.append")).toBe("hz 20\n");
    expect((await stat(join(folder, "configuration/hooks/before-apply"))).mode & 0o777).toBe(0o755);
    const vault = join(folder, "configuration", ".mailbastion", "acme", "vault.age");
    expect(await readFile(vault, "utf8")).toBe("sealed");
    expect(JSON.parse(await readFile(join(folder, "configuration", "topology.json"), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(threeMachines)),
    );
    const redis = await readFile(join(folder, "configuration/machines/node-1/etc/redis/redis.conf"), "utf8");
    expect(redis).toMatch(/^requirepass \{\{|^requirepass .*cache\/password/m);
  });
});
