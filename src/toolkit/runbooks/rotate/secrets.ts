import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import { nearest } from "../../../support/nearest.ts";
import { prepareRelease } from "../../release/index.ts";
import type { Plan, RunIdentity } from "../../runner/plan.ts";
import { PASSWORD_SECRET as DATABASE } from "../../services/galera/names.ts";
import { GOSSIP_SECRET as GOSSIP } from "../../services/mailnode/names.ts";
import { PASSWORD_SECRET as CACHE } from "../../services/redis/names.ts";
import { secretRequests } from "../../services/secret-requests.ts";
import type { Answer } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import { machineNamed } from "../../topology/topology.ts";
import type { StoredRequest } from "../../vault/entry.ts";
import type { SecretStore } from "../../vault/vault.ts";
import { factsFor, planApply, type ApplyPlan, type PrepareRelease } from "../apply/run-apply.ts";
import type { Runbook, RunbookContext } from "../runbook.ts";
import { cacheBefore, databaseAfter, databaseBefore } from "./password-phases.ts";
import { beginRotation, type Rotation } from "./rotation.ts";
import { earlierRound, lastRound, madeOnce } from "./rounds.ts";
import { severalVersions } from "./several-versions.ts";

const rotateArguments = z.strictObject({ names: z.array(z.string()).default([]) });
export type RotateArguments = z.output<typeof rotateArguments>;

/** Gives passwords and keys new values, without a moment in which somebody is locked out. */
export const rotateSecrets: Runbook<RotateArguments> = {
  name: "rotate secrets",
  summary: "give the cluster's passwords and keys new values, while everything goes on working",
  arguments: rotateArguments,
  // Machines may know of the new ones already: what stopped is to be resumed.
  isRepeatable: false,
  survey: (context) => surveyOfAll(context),
  plan: (context, args, answers, run) => planRotateSecrets(context, args, answers, run),
};

/** What every machine is asked before an apply to all. */
export function surveyOfAll({ topology, services }: RunbookContext) {
  return {
    machines: topology.machines.map(({ name }) => name),
    command: (name: string) => factsFor({ topology, services }, machineNamed(topology, name)),
    needsAll: true,
  };
}

/** @param prepare see planApply */
export async function planRotateSecrets(
  context: RunbookContext,
  { names }: RotateArguments,
  answers: ReadonlyMap<string, Answer>,
  run: RunIdentity,
  prepare: PrepareRelease = prepareRelease,
): Promise<Plan> {
  const { topology } = context;
  const requests = chosen(context, names);
  const rotation = await beginRotation(context, requests, run.id);
  const rotates = (name: string) => requests.some((request) => request.name === name);
  const once = madeOnce(prepare);
  const applyWith = (store: SecretStore) => planApply(inputsFor(context, store), answers, once);
  const last = await applyWith(rotation.after);
  const gossip = rotates(GOSSIP) ? await gossipRounds(context, rotation, applyWith) : undefined;
  return {
    phases: [
      ...(gossip?.phases ?? []),
      ...(rotates(CACHE) ? cacheBefore(topology, rotation.next(CACHE)) : []),
      ...(rotates(DATABASE)
        ? databaseBefore(topology, rotation.before(DATABASE), rotation.next(DATABASE))
        : []),
      ...(gossip ? lastRound(last) : last.phases),
      ...(rotates(DATABASE) ? databaseAfter(topology, rotation.next(DATABASE)) : []),
    ],
    resolverOf: gossip?.resolverOf ?? last.resolverOf,
    notes: [
      `new values for ${requests.map(({ name }) => name).join(", ")}`,
      ...(rotates(CACHE) || rotates(DATABASE)
        ? ["mail nodes restart one after the other, each drained by itself"]
        : []),
      ...synthesised(context),
    ],
    next: "mbctl status",
    ...rotation.onThisComputer,
  };
}

/**
 * What the mail nodes seal their talk with: all accept the new key, then all send with it, and only then, with the apply
 * of everything else, the old one goes. They read their keys again without a restart.
 */
async function gossipRounds(
  context: RunbookContext,
  rotation: Rotation,
  applyWith: (store: SecretStore) => Promise<ApplyPlan>,
): Promise<{ phases: readonly Phase[]; resolverOf: ApplyPlan["resolverOf"] }> {
  const next = rotation.version(GOSSIP);
  const old = String(Number(next) - 1);
  const present = await context.secrets();
  const withKeys = (...versions: readonly string[]) =>
    applyWith(severalVersions(present, new Map([[GOSSIP, versions]]), rotation.after));
  const accept = await withKeys(old, next);
  const send = await withKeys(next, old);
  return {
    phases: [
      ...earlierRound("accept the new gossip key", accept, true),
      ...earlierRound("send with the new gossip key", send, false),
    ],
    // Knows every version that the rounds and the last apply have.
    resolverOf: send.resolverOf,
  };
}

/** An apply to all machines with other secrets than a stack was synthesised with. */
export function inputsFor(context: RunbookContext, secrets: Awaited<ReturnType<RunbookContext["secrets"]>>) {
  const { topology, services, overrides } = context;
  return { topology, services, overrides, secrets, overwrite: false };
}

export function synthesised({ hashes }: RunbookContext): readonly string[] {
  return hashes ? ["the stack holds the versions of secrets: synthesise it again afterwards"] : [];
}

/** Passwords and keys. Throws SECRET_UNKNOWN. */
function chosen({ topology, services }: RunbookContext, names: readonly string[]): readonly StoredRequest[] {
  const all = new Map(
    secretRequests(topology, services).flatMap((request) =>
      request.kind === "password" || request.kind === "key" ? [[request.name, request] as const] : [],
    ),
  );
  if (names.length === 0) return [...all.values()];
  return [...new Set(names)].map((name) => {
    const request = all.get(name);
    if (request) return request;
    const near = nearest(name, [...all.keys()]);
    throw new UserError(
      "SECRET_UNKNOWN",
      `${topology.cluster} has no password ${JSON.stringify(name)}`,
      near ? `did you mean ${near}?` : `name one of ${[...all.keys()].join(", ")}`,
    );
  });
}
