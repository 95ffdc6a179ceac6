import * as z from "zod";
import { prepareRelease } from "../../release/index.ts";
import type { Plan, RunIdentity } from "../../runner/plan.ts";
import { secretRequests } from "../../services/secret-requests.ts";
import type { Answer } from "../../steps/command.ts";
import type { StoredRequest } from "../../vault/entry.ts";
import type { SecretStore } from "../../vault/vault.ts";
import { planApply, type PrepareRelease } from "../apply/run-apply.ts";
import type { Runbook, RunbookContext } from "../runbook.ts";
import { beginRotation } from "./rotation.ts";
import { earlierRound, lastRound, madeOnce } from "./rounds.ts";
import { inputsFor, surveyOfAll, synthesised } from "./secrets.ts";
import { severalVersions } from "./several-versions.ts";

const rotateArguments = z.strictObject({ authority: z.boolean().default(false) });
export type RotateCertificatesArguments = z.output<typeof rotateArguments>;

/** Issues the certificates of the cluster anew, with its authority if that is wanted. */
export const rotateCertificates: Runbook<RotateCertificatesArguments> = {
  name: "rotate certificates",
  summary: "issue the cluster's own certificates anew, machine by machine",
  arguments: rotateArguments,
  // Machines may have the new ones already: what stopped is to be resumed.
  isRepeatable: false,
  survey: (context) => surveyOfAll(context),
  plan: (context, args, answers, run) => planRotateCertificates(context, args, answers, run),
};

/**
 * With a new authority there are three applies, so that no certificate ever meets somebody who does not trust its
 * issuer: trust both, issue by the new one, trust the new one only.
 *
 * @param prepare see planApply
 */
export async function planRotateCertificates(
  context: RunbookContext,
  { authority }: RotateCertificatesArguments,
  answers: ReadonlyMap<string, Answer>,
  run: RunIdentity,
  prepare: PrepareRelease = prepareRelease,
): Promise<Plan> {
  const all = secretRequests(context.topology, context.services);
  const requests = stored(
    all.filter(({ kind }) => kind === "certificate" || (authority && kind === "authority")),
  );
  const rotation = await beginRotation(context, requests, run.id);
  const once = madeOnce(prepare);
  const applyWith = (store: SecretStore) => planApply(inputsFor(context, store), answers, once);
  const last = await applyWith(rotation.after);
  const notes = [
    `${requests.length} are made anew: ${requests.map(({ name }) => name).join(", ")}`,
    "mail nodes restart one after the other, each drained by itself",
    ...(all.some(({ kind }) => kind === "files")
      ? [
          "the certificate that clients see is yours: put the new files where tls.public names them, and type mbctl apply",
        ]
      : []),
    ...synthesised(context),
  ];
  const common = { notes, next: "mbctl status", ...rotation.onThisComputer };
  if (!authority) return { phases: last.phases, resolverOf: last.resolverOf, ...common };

  const both = new Map(
    requests
      .filter(({ kind }) => kind === "authority")
      .map(({ name }) => [
        `${name}.crt`,
        [String(Number(rotation.version(name)) - 1), rotation.version(name)],
      ]),
  );
  const before = await applyWith(severalVersions(await context.secrets(), both, rotation.after));
  const between = await applyWith(severalVersions(rotation.after, both, rotation.after));
  return {
    phases: [
      ...earlierRound("trust both authorities", before, true),
      ...earlierRound("issue by the new authority", between, false),
      ...lastRound(last),
    ],
    // Knows every version that the three have.
    resolverOf: between.resolverOf,
    ...common,
  };
}

/** Each request once: several services may ask for the same. */
function stored(requests: readonly { kind: string; name: string }[]): readonly StoredRequest[] {
  return [...new Map(requests.map((request) => [request.name, request as StoredRequest])).values()];
}
