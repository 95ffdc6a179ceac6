import type { Outcome } from "./simulate.ts";

/** A failure with all that is needed to see it again. */
export function failureReport(
  seed: number,
  { swarm, last }: Outcome,
  failure: Error,
  mutant?: string,
): string {
  const planted = mutant === undefined ? "" : ` --mutant ${mutant}`;
  return [
    ...last,
    "",
    JSON.stringify(swarm, undefined, 1),
    "",
    `seed ${seed}: ${failure.stack ?? failure.message}`,
    `again: npm run sim -- --seed ${seed} --trace${planted}`,
  ].join("\n");
}
