import { UserError } from "../../../support/errors.ts";
import { secretPlaceholder, type Resolver } from "../../../support/placeholder.ts";
import { buildBundles } from "../../bundle/build.ts";
import type { Override } from "../../bundle/overrides.ts";
import type { Bundle } from "../../bundle/bundle.ts";
import { architectureOf, prepareRelease } from "../../release/index.ts";
import { runPhases, type RunOptions, type RunResult } from "../../runner/run-phases.ts";
import type { Service } from "../../services/service.ts";
import type { Answer, Command } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { votesIn } from "../../topology/voters.ts";
import type { SecretStore } from "../../vault/vault.ts";
import { applyPhases } from "./apply.ts";
import { factsCommand, parseFacts, type Facts } from "./facts.ts";
import { preflight } from "./preflight.ts";

export interface ApplyInputs {
  readonly topology: Topology;
  /** In the order of starting. */
  readonly services: readonly Service[];
  /** Holds everything that the services ask for. */
  readonly secrets: SecretStore;
  /** What the bundles of a stack's machines were when they were synthesised; absent for a description. */
  readonly hashes?: ReadonlyMap<string, string>;
  /** What the project adds to generated files. */
  readonly overrides: readonly Override[];
  /** Writes over what was changed by hand, instead of refusing. */
  readonly overwrite: boolean;
}

export interface ApplyPlan {
  readonly phases: readonly Phase[];
  /** Of the machines to apply to. */
  readonly bundles: readonly Bundle[];
  readonly resolverOf: (machine: string) => Resolver;
}

export type PrepareRelease = typeof prepareRelease;

export interface ApplyOptions extends ApplyInputs, Omit<RunOptions, "resolverOf"> {}

/**
 * Makes the machines what the topology says, or finds that they are: without a lock or a journal, for a cluster that
 * nobody else can know, such as a benchmark's. Throws what planApply throws, and after that what a step throws.
 */
export async function runApply(options: ApplyOptions): Promise<RunResult> {
  const machines = machinesToApply(options);
  const answers = await Promise.all(
    machines.map(
      async (machine) =>
        [machine.name, await options.transport.run(machine.name, factsFor(options, machine))] as const,
    ),
  );
  const { phases, resolverOf } = await planApply(options, new Map(answers));
  return runPhases(phases, { ...options, resolverOf });
}

/** The machines that an apply is about: all, or those of a synthesised stack. */
export function machinesToApply({
  topology,
  hashes,
}: Pick<ApplyInputs, "topology" | "hashes">): readonly Machine[] {
  return topology.machines.filter(({ name }) => hashes?.has(name) ?? true);
}

/** What a machine is asked before anything is decided. */
export function factsFor(
  { topology, services }: Pick<ApplyInputs, "topology" | "services">,
  machine: Machine,
): Command {
  return factsCommand(topology, services, machine);
}

/**
 * Decides on the phases, from what every machine said of itself. Throws MACHINE_UNSUPPORTED, PREFLIGHT_FAILED and
 * STACK_STALE.
 *
 * @param prepare makes the mail node's release, for the processors of the machines to apply to
 */
export async function planApply(
  { topology, services, secrets, hashes, overrides, overwrite }: ApplyInputs,
  answers: ReadonlyMap<string, Answer>,
  prepare: PrepareRelease = prepareRelease,
): Promise<ApplyPlan> {
  const versionOf = (name: string) => secrets.versions().get(name) ?? missingVersion(name);
  const chosen = machinesToApply({ topology, ...(hashes && { hashes }) });
  const bundles = buildBundles(topology, { services, versionOf, overrides }).filter(({ machine }) =>
    chosen.some(({ name }) => name === machine),
  );
  refuseStale(bundles, hashes);
  const facts = new Map(
    chosen.map((machine) => [machine.name, parseFacts(machine, answers.get(machine.name)!)] as const),
  );
  preflight(topology, chosen, services, facts);
  const resolverOf = (machine: string) => resolverFor(secrets, facts.get(machine)!);
  const release = await prepare(
    chosen
      .filter((machine) => votesIn(topology, machine, "mail"))
      .map(({ name }) => architectureOf(name, facts.get(name)!.architecture)),
  );
  const secret = (name: string) => secretPlaceholder({ name, version: versionOf(name) });
  const phases = applyPhases({ topology, services, bundles, release, resolverOf, secret, overwrite });
  return { phases, bundles, resolverOf };
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
    "synthesise the stack again: cdktf synth; a stack of your own names its project, where vault and overrides lie, and passes versionOf",
  );
}

function missingVersion(name: string): never {
  throw new Error(`no service asks the vault for ${name}`);
}
