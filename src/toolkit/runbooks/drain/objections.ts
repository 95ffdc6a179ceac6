import { UserError } from "../../../support/errors.ts";

/** Why a machine should not be touched. */
export interface Objection {
  readonly code: string;
  /** A sentence without its end. */
  readonly sentence: string;
  readonly remedy: string;
  /** Whether a person may decide otherwise. */
  readonly mayBeForced: boolean;
}

/** Something that speaks against it. */
export function fault(code: string, sentence: string, remedy: string, mayBeForced: boolean): Objection {
  return { code, sentence, remedy, mayBeForced };
}

/**
 * Throws a UserError that names every objection that stands, with the code of the first; returns the others, which
 * were overruled, as notes.
 *
 * @param force undefined for a command that has no --force
 */
export function raise(
  what: string,
  objections: readonly Objection[],
  force: boolean | undefined,
): readonly string[] {
  const [first, ...others] = objections.filter(({ mayBeForced }) => !(mayBeForced && force));
  if (!first) return objections.map(({ sentence }) => `by --force, although ${sentence}`);
  const all = [first, ...others];
  const sentences =
    others.length === 0 ? first.sentence : all.map(({ sentence }) => `\n    - ${sentence}`).join("");
  const remedies = [...new Set(all.map(({ remedy }) => remedy))].join("; ");
  const mayForce = force !== undefined && all.every(({ mayBeForced }) => mayBeForced);
  const forced = mayForce ? "; --force does it all the same" : "";
  const { code } = first;
  throw new UserError(code, `${what}: ${sentences}`, `${remedies}${forced}`);
}
