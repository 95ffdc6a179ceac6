import { UserError } from "../../../support/errors.ts";
import { secretPlaceholder, type Resolver } from "../../../support/placeholder.ts";
import { buildBundles } from "../../bundle/build.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import { architectureOf, prepareRelease } from "../../release/index.ts";
import { runPhases, type RunOptions, type RunResult } from "../../runner/run-phases.ts";
import type { Service } from "../../services/service.ts";
import type { Transport } from "../../ssh/transport.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import type { SecretStore } from "../../vault/vault.ts";
import { applyPhases } from "./apply.ts";
import { factsCommand, parseFacts, type Facts } from "./facts.ts";
import { preflight } from "./preflight.ts";

export interface ApplyOptions extends Omit<RunOptions, "resolverOf"> {
  readonly topology: Topology;
  /** In the order of starting. */
  readonly services: readonly Service[];
  /** Holds everything that the services ask for. */
  readonly secrets: SecretStore;
  /** What the bundles of a stack's machines were when they were synthesised; absent for a description. */
  readonly hashes?: ReadonlyMap<string, string>;
}

/**
 * Makes the machines what the topology says, or finds that they are.
 *
 * Throws PREFLIGHT_FAILED and STACK_STALE before anything is changed; after that what a step throws.
 */
export async function runApply(options: ApplyOptions): Promise<RunResult> {
  const { topology, services, secrets, transport } = options;
  const versionOf = (name: string) => secrets.versions().get(name) ?? missingVersion(name);
  const bundles = buildBundles(topology, { services, versionOf }).filter(
    ({ machine }) => options.hashes?.has(machine) ?? true,
  );
  refuseStale(bundles, options.hashes);
  const chosen = topology.machines.filter(({ name }) => bundles.some(({ machine }) => machine === name));
  const facts = await gatherFacts(topology, chosen, services, transport);
  preflight(topology, chosen, services, facts);
  const resolverOf = (machine: string) => resolverFor(secrets, facts.get(machine)!);
  const phases = applyPhases({
    topology,
    services,
    bundles,
    release: await prepareRelease(
      chosen
        .filter(({ roles }) => roles.includes("mail"))
        .map(({ name }) => architectureOf(name, facts.get(name)!.architecture)),
    ).catch((error: unknown) => {
      // Ctrl-C reaches the programs that make the release as well: that they ended is no fault of theirs.
      options.interruption.check();
      throw error;
    }),
    resolverOf,
    secret: (name) => secretPlaceholder({ name, version: versionOf(name) }),
  });
  return runPhases(phases, { ...options, resolverOf });
}

async function gatherFacts(
  topology: Topology,
  machines: readonly Machine[],
  services: readonly Service[],
  transport: Transport,
): Promise<ReadonlyMap<string, Facts>> {
  const answers = await Promise.all(
    machines.map(async (machine) => {
      const own = services.filter((service) => service.runsOn(topology, machine));
      const units = own.flatMap((service) => service.units(topology, machine)).map(({ name }) => name);
      return [
        machine.name,
        parseFacts(machine, await transport.run(machine.name, factsCommand(units))),
      ] as const;
    }),
  );
  return new Map(answers);
}

function resolverFor(secrets: SecretStore, facts: Facts): Resolver {
  return {
    secret: (ref) => secrets.reveal(ref).reveal(),
    fact: (name) => {
      const found = name.startsWith("interface/")
        ? facts.interfaces.get(name.slice("interface/".length))
        : undefined;
      if (found === undefined) throw new Error(`no machine knows the fact ${name}`);
      return found;
    },
  };
}

/** A stack that another version of the templates, or of the secrets, has made is not what was planned. */
function refuseStale(bundles: readonly Bundle[], hashes: ReadonlyMap<string, string> | undefined): void {
  const stale = bundles
    .filter(({ machine, hash }) => hashes !== undefined && hashes.get(machine) !== hash)
    .map(({ machine }) => machine);
  if (stale.length === 0) return;
  throw new UserError(
    "STACK_STALE",
    `the synthesised files of ${stale.join(", ")} are not those that would be put there now`,
    "synthesise the stack again: cdktf synth",
  );
}

function missingVersion(name: string): never {
  throw new Error(`no service asks the vault for ${name}`);
}
