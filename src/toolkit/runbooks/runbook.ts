import type * as z from "zod";
import type { Plan, RunIdentity, Survey } from "../runner/plan.ts";
import type { Override } from "../bundle/overrides.ts";
import type { Service } from "../services/service.ts";
import type { Answer } from "../steps/command.ts";
import type { Topology } from "../topology/topology.ts";
import type { SecretStore } from "../vault/vault.ts";

/** What a runbook knows of the cluster and its surroundings. */
export interface RunbookContext {
  readonly topology: Topology;
  /** In the order of starting. */
  readonly services: readonly Service[];
  /** Opened only where a runbook needs a secret; what a service asks for is there. */
  readonly secrets: () => Promise<SecretStore>;
  /** Where vault, journals and logs of this cluster lie: below .mailbastion/<cluster>/ of this folder. */
  readonly directory: string;
  /** The folder with overrides, hooks and own runbooks, and in it the description; a stack has none. */
  readonly project: { readonly folder: string; readonly file?: string };
  /** What a stack's bundles were when it was synthesised; absent for a description. */
  readonly hashes?: ReadonlyMap<string, string>;
  /** What the project adds to generated files. */
  readonly overrides: readonly Override[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * A procedure as data: its arguments, what it asks of the machines, and what follows from the answers.
 *
 * `survey` and `plan` say the same for the same arguments and answers: a resumed run plans again, on another computer
 * if need be, and goes on where the first one stopped.
 */
export interface Runbook<Args> {
  /** As it is typed: "drain", "maintenance enter". */
  readonly name: string;
  /** For the help and the reference. */
  readonly summary: string;
  readonly arguments: z.ZodType<Args>;
  /** It may be typed again where it stopped: it looks at everything anew. */
  readonly isRepeatable: boolean;
  /**
   * Of a repeatable one: whether, once it has begun a step, it is resumed or aborted instead. So where it would take what
   * it left in the middle for somebody else's work, and leave it there for good. Default: it is not.
   */
  isResumedOnceBegun?(args: Args): boolean;
  /** Of a repeatable one: whether it settles an unfinished run with these arguments. Default: with the same ones. */
  supersedes?(earlier: Args, now: Args): boolean;
  survey(context: RunbookContext, args: Args): Survey;
  /** Throws a UserError to refuse. A machine that could not be asked has no answer. */
  plan(
    context: RunbookContext,
    args: Args,
    answers: ReadonlyMap<string, Answer>,
    run: RunIdentity,
  ): Plan | Promise<Plan>;
}

/** A runbook of any arguments; what it is given is what its own schema has read. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyRunbook = Runbook<any>;
