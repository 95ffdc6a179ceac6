import { join } from "node:path";
import { openSecrets } from "../../../../src/toolkit/project/open-secrets.ts";
import type { Target } from "../../../../src/toolkit/project/target.ts";
import { findRunbook } from "../../../../src/toolkit/runbooks/registry.ts";
import { systemEnv } from "../../../../src/toolkit/runner/system-env.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { keyFilePath } from "../../../../src/toolkit/vault/key-file.ts";
import { fresh } from "../../services/galera/recorded.ts";
import { compressed, putBackup, together } from "../backup/a-backup.ts";
import { streamOf } from "../backup/a-stream.ts";
import { factsOf } from "../rotate/vault.ts";
import { fixtureOf, type Fixture } from "./fixtures.ts";

/** A runbook in its situation, on machines behind SSH: the real one, as somebody types it. */
export interface ServedFixture extends Pick<
  Fixture,
  "runbook" | "command" | "arguments" | "answers" | "look"
> {
  /** After mbctl, in the folder of a project. */
  readonly typed: readonly string[];
  /** It reads files of the workstation, or keeps some there. */
  readonly hasFilesHere: boolean;
  /** What commands send that a person wants to keep, by the titles of their steps. */
  readonly streams: ReadonlyMap<string, Buffer>;
  /** Puts what the command reads into the folder of the project. */
  readonly prepare: (target: Target) => Promise<unknown>;
}

type Typed = Pick<ServedFixture, "typed"> & Partial<ServedFixture>;

const BACKUP = "acme-1";

const typed: Readonly<Record<string, () => Typed | Promise<Typed>>> = {
  apply: () => ({ typed: ["apply"], answers: factsOf() }),
  drain: () => ({ typed: ["drain", "node-1"] }),
  // In its situation somebody else has drained the machine.
  undrain: () => ({ typed: ["undrain", "node-1", "--force"] }),
  "maintenance enter": () => ({ typed: ["maintenance", "enter", "node-1", "--reason", "a new disk"] }),
  "maintenance exit": () => ({ typed: ["maintenance", "exit", "node-1", "--force"] }),
  "failover balancer": () => ({ typed: ["failover", "balancer", "--to", "node-2"] }),
  "failover mail-leader": () => ({ typed: ["failover", "mail-leader", "--to", "node-3"] }),
  "failover cache": () => ({ typed: ["failover", "cache", "--to", "node-3"] }),
  "failover database-writer": () => ({ typed: ["failover", "database-writer", "--to", "node-3"] }),
  restart: () => ({ typed: ["restart", "--rolling"] }),
  upgrade: () => ({ typed: ["upgrade"] }),
  "recover galera": () => ({ typed: ["recover", "galera"] }),
  "recover storage": () => ({ typed: ["recover", "storage"] }),
  "add machine": () => ({ typed: ["add", "machine", "node-4", "node-5"] }),
  "remove machine": () => ({ typed: ["remove", "machine", "node-4", "node-5"] }),
  "replace machine": () => ({ typed: ["replace", "machine", "node-2"] }),
  "rotate secrets": () => ({ typed: ["rotate", "secrets"] }),
  "rotate certificates": () => ({ typed: ["rotate", "certificates", "--authority"] }),
  backup: async () => ({
    typed: ["backup"],
    hasFilesHere: true,
    streams: new Map([
      ["copy the database", await compressed(streamOf())],
      ["copy the cache", Buffer.from("REDIS0010 and so on")],
    ]),
    prepare: vaultOf,
  }),
  restore: () => ({
    typed: ["restore", BACKUP],
    hasFilesHere: true,
    answers: lostEverything(),
    prepare: async (target) => {
      await vaultOf(target);
      const { directory, topology, environment } = target;
      await putBackup(join(directory, BACKUP), keyFilePath(topology.cluster, environment));
    },
  }),
};

/** The cluster was deployed, so it has a vault. */
function vaultOf(target: Target): Promise<unknown> {
  return openSecrets(target, services, { dryRun: false, env: systemEnv });
}

function lostEverything(): ReadonlyMap<string, Answer> {
  const caches = ["master", "replica", "replica"];
  return new Map(
    caches.map((cache, index) => [
      `node-${index + 1}`,
      together({ database: fresh.stdout, cache: `configured ${cache}\nkeys 0` }),
    ]),
  );
}

/** Throws where nobody has said how a runbook is typed. */
export async function servedFixtureOf(name: string): Promise<ServedFixture> {
  const how = typed[name];
  if (!how) throw new Error(`nothing in ${import.meta.filename} says how "${name}" is typed: add it`);
  const { command, arguments: given, answers, look } = await fixtureOf(name);
  return {
    runbook: findRunbook(name),
    command,
    arguments: given,
    answers,
    ...(look && { look }),
    hasFilesHere: false,
    streams: new Map(),
    prepare: () => Promise.resolve(),
    ...(await how()),
  };
}
