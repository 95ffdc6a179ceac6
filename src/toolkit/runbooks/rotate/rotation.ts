import { UserError } from "../../../support/errors.ts";
import { secretPlaceholder } from "../../../support/placeholder.ts";
import { secretNames, type StoredRequest } from "../../vault/entry.ts";
import { Vault, type SecretStore } from "../../vault/vault.ts";
import type { Plan } from "../../runner/plan.ts";
import type { RunbookContext } from "../runbook.ts";

/**
 * The secrets of a cluster in the middle of a rotation: the vault holds old and new ones beside each other until every
 * machine has the new ones. A run that died finds the same new ones again.
 */
export interface Rotation {
  /** Every secret as it will be. */
  readonly after: SecretStore;
  /** The present placeholder of a secret, and the one that it will have. */
  before(name: string): string;
  next(name: string): string;
  /** The version that a request's secrets will have. */
  version(request: string): string;
  /** For the plan: keeps the new secrets before the first step, and makes them the only ones after the last. */
  readonly onThisComputer: Required<Pick<Plan, "before" | "conclude">>;
}

/** Throws VAULT_MISSING before the first deployment, when no machine has any secret. */
export async function beginRotation(
  { secrets, topology }: RunbookContext,
  requests: readonly StoredRequest[],
  run: string,
): Promise<Rotation> {
  const vault = await secrets();
  if (!(vault instanceof Vault))
    throw new UserError("VAULT_MISSING", `${topology.cluster} has no secrets yet`, "run mbctl apply first");
  const versions = await vault.prepareSuccessors(requests, run);
  const names = requests.map(({ name }) => name);
  const next = new Map(
    requests.flatMap((request) =>
      secretNames(request).map((name) => [name, versions.get(request.name)!] as const),
    ),
  );
  return {
    after: {
      versions: () => new Map([...vault.versions(), ...next]),
      reveal: (ref) => vault.reveal(ref),
    },
    before: (name) => secretPlaceholder({ name, version: String(Number(next.get(name)) - 1) }),
    next: (name) => secretPlaceholder({ name, version: next.get(name)! }),
    version: (request) => versions.get(request)!,
    onThisComputer: {
      before: async (event) => {
        if (event === "resumed" && !vault.hasKept(names, run)) throw elsewhere(run);
        await vault.keepSuccessors(names, run);
      },
      conclude: () => vault.adoptSuccessors(names),
    },
  };
}

/** New ones made here would be others than those that machines have already. */
function elsewhere(run: string): UserError {
  return new UserError(
    "ROTATION_ELSEWHERE",
    `the new secrets that ${run} puts on the machines are not in the vault of this computer`,
    "resume it where it was begun, or bring the vault from there",
  );
}
