/**
 * Plants a bug: one place in the source of the product reads otherwise when it is loaded. The product itself holds
 * no switch, and a place that is not there any more is an error, not a bug that is never found.
 */
import { registerHooks } from "node:module";
import { MUTANTS } from "./mutants/index.ts";
import type { PlantedBug } from "./mutants/mutant.ts";

const PRODUCT = new URL("../", import.meta.url).href;

/**
 * To be called before the product is loaded. `more` are bugs of a test's own. Throws an Error for a name that no
 * mutant has.
 */
export async function plant(name: string, more: readonly PlantedBug[] = []): Promise<void> {
  const mutants: readonly PlantedBug[] = [...MUTANTS, ...more];
  const mutant = mutants.find((other) => other.name === name);
  if (mutant === undefined)
    throw new Error(`there is no mutant ${name}: ${mutants.map((m) => m.name).join(", ")}`);
  const url = PRODUCT + mutant.file;
  registerHooks({
    load: (asked, context, nextLoad) => {
      const loaded = nextLoad(asked, context);
      if (asked !== url) return loaded;
      return { ...loaded, source: mutate(Buffer.from(loaded.source as Uint8Array).toString(), mutant) };
    },
  });
}

/** The source with the bug in it. Throws when the place is not there exactly once. */
export function mutate(source: string, { name, replace, by }: PlantedBug): string {
  const parts = source.split(replace);
  if (parts.length !== 2)
    throw new Error(`the place of mutant ${name} is there ${parts.length - 1} times, not once`);
  return parts.join(by);
}
