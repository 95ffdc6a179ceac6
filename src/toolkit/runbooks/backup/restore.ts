import { join } from "node:path";
import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import { isPrimary, observeMember, parseMember } from "../../services/galera/member.ts";
import { DATA_DIRECTORY as DATABASE } from "../../services/galera/names.ts";
import { askCache, parseCache, type CacheState } from "../../services/redis/backup.ts";
import { DATA_DIRECTORY as CACHE } from "../../services/redis/names.ts";
import { sentinel } from "../../services/sentinel/service.ts";
import { answersOf, askAll } from "../../steps/ask-all.ts";
import type { Answer, Command } from "../../steps/command.ts";
import { machineNamed, machinesWith, type Topology } from "../../topology/topology.ts";
import { votesIn, witnessOf } from "../../topology/voters.ts";
import { keyFilePath } from "../../vault/key-file.ts";
import type { Runbook } from "../runbook.ts";
import { CACHE_FILE, DATABASE_FILE, readManifest, type Manifest } from "./manifest.ts";
import { asideOf, cachePhases, databasePhases, type CacheMachines } from "./restore-phases.ts";
import { verifyBackup } from "./verify.ts";

const restoreArguments = z.strictObject({
  /** The folder of one backup, an absolute path. */
  folder: z.string().startsWith("/"),
  only: z.enum(["database", "cache"]).optional(),
  /** Why what is there now may be replaced. */
  overLivingData: z.string().min(1).optional(),
});
type RestoreArguments = z.infer<typeof restoreArguments>;

/**
 * Puts a backup onto the machines of a cluster, fresh or broken. What the machines hold is moved aside, never deleted.
 * A cluster that works and holds data is left alone, unless a person says why it may be replaced.
 */
export const restore: Runbook<RestoreArguments> = {
  name: "restore",
  summary: "put database and cache back from a backup; what is there now is moved aside, not deleted",
  arguments: restoreArguments,
  // A second run would move what the first one restored aside as well: it goes on by resume.
  isRepeatable: false,
  survey: ({ topology }, { only }) => ({
    machines: topology.machines
      .filter((machine) => rolesOf(only).some((part) => votesIn(topology, machine, part)))
      .map(({ name }) => name),
    command: (name) => askMachine(topology, name, only),
    // A member that comes back later with its old data would meet another history. A witness has none.
    needsAll: true,
    canMiss: rolesOf(only).flatMap((part) => witnessOf(topology, part)?.name ?? []),
  }),
  plan: async ({ topology, environment }, { folder, only, overLivingData }, answers, run) => {
    const keyFile = keyFilePath(topology.cluster, environment);
    const manifest = await readManifest(folder);
    refuseOther(topology, folder, manifest, only);
    const database = rolesOf(only).includes("database") && manifest.database;
    const cache = rolesOf(only).includes("cache") && manifest.cache;
    const caches = cache ? cachesOf(topology, answers) : undefined;
    if (overLivingData === undefined)
      refuseLiving(database ? livingDatabase(answers) : [], caches?.living ?? []);
    const verified = await verifyBackup(folder, keyFile);
    const witness = witnessOf(topology, "database");
    const arbitrator = witness && answers.has(witness.name) ? witness : undefined;
    const machines = { members: machinesWith(topology, "database"), arbitrator };
    return {
      phases: [
        ...(database
          ? databasePhases(
              machines,
              { localFile: join(folder, DATABASE_FILE), keyFile, bytes: verified.database!.bytes },
              run.id,
            )
          : []),
        ...(caches ? cachePhases(caches, { localFile: join(folder, CACHE_FILE), keyFile }, run.id) : []),
      ],
      notes: [
        `the backup ${folder} is of ${manifest.at} and opens with the key ${keyFile}`,
        ...(database
          ? [
              `the database goes back to ${database.position.uuid}:${database.position.seqno}; what the members hold now is kept in ${asideOf(DATABASE, run.id)} on each of them`,
            ]
          : []),
        ...(database && witness && !arbitrator
          ? [
              `${witness.name} does not answer: if its arbitrator runs and reaches the members, the database does not begin before garb is stopped there`,
            ]
          : []),
        ...(caches ? [`what the caches hold now is kept in ${asideOf(CACHE, run.id)} on each of them`] : []),
      ],
      // The accounts in the copy have the passwords of its time: apply gives them the present ones.
      next: "mbctl apply",
    };
  },
};

type Part = "database" | "cache";

function rolesOf(only: Part | undefined): readonly Part[] {
  return only === undefined ? ["database", "cache"] : [only];
}

function askMachine(topology: Topology, name: string, only: Part | undefined): Command {
  const machine = machineNamed(topology, name);
  const asks = (part: Part) => machine.roles.includes(part) && rolesOf(only).includes(part);
  const questions = new Map<string, Command>();
  if (asks("database")) questions.set("database", observeMember());
  if (asks("cache")) questions.set("cache", askCache(machine));
  return askAll(questions);
}

function livingDatabase(answers: ReadonlyMap<string, Answer>): readonly string[] {
  return [...answers].flatMap(([name, answer]) => {
    const said = answersOf(answer).get("database");
    if (!said) return [];
    const member = parseMember(name, said);
    return isPrimary(member) && member.holdsData ? [name] : [];
  });
}

/** Throws RESTORE_NO_MASTER where the files of the caches do not name one. */
function cachesOf(
  topology: Topology,
  answers: ReadonlyMap<string, Answer>,
): CacheMachines & { readonly living: readonly string[] } {
  const caches = machinesWith(topology, "cache").map((machine) => {
    const said = answersOf(answers.get(machine.name)!).get("cache");
    const state: CacheState = parseCache(said ?? { code: 1, stdout: "", stderr: "" });
    return { machine, state };
  });
  const masters = caches.filter(({ state }) => state.configured === "master");
  const [master] = masters;
  if (!master || masters.length > 1) {
    throw new UserError(
      "RESTORE_NO_MASTER",
      `the files of the caches name ${masters.map(({ machine }) => machine.name).join(" and ") || "no machine"} as master, and it should be one`,
      "run mbctl apply first, and let mbctl status say what is wrong with the cache",
    );
  }
  return {
    master: master.machine,
    replicas: caches.filter((each) => each !== master).map(({ machine }) => machine),
    // That of a silent witness is one vote, which makes nobody the master.
    sentinels: topology.machines.filter(
      (machine) => sentinel.runsOn(topology, machine) && answers.has(machine.name),
    ),
    living: master.state.keys > 0 ? [master.machine.name] : [],
  };
}

function refuseLiving(databases: readonly string[], caches: readonly string[]): void {
  const found = [
    ...(databases.length > 0 ? [`the database works and holds data on ${databases.join(", ")}`] : []),
    ...(caches.length > 0 ? [`the cache works and holds data on ${caches.join(", ")}`] : []),
  ];
  if (found.length === 0) return;
  throw new UserError(
    "RESTORE_LIVING",
    `${found.join(", and ")}; a restore would replace that`,
    'if that is what you want, say why: --over-living-data "<reason>"; or restore only the other part with --only',
  );
}

function refuseOther(topology: Topology, folder: string, manifest: Manifest, only: Part | undefined): void {
  if (manifest.cluster !== topology.cluster) {
    throw new UserError(
      "RESTORE_OTHER_CLUSTER",
      `${folder} is a backup of the cluster ${manifest.cluster}, and this is ${topology.cluster}`,
      "name a backup of this cluster",
    );
  }
  const missing = rolesOf(only).filter((part) => !manifest[part]);
  if (only === undefined ? missing.length < 2 : missing.length === 0) return;
  throw new UserError(
    "BACKUP_UNREADABLE",
    `${folder} holds no copy of ${missing.map((part) => `the ${part}`).join(" or of ")}`,
    "name another backup",
  );
}
