import { fileURLToPath } from "node:url";
import { packagesOf } from "../../src/toolkit/containers/packages.ts";
import { ensureEngine, type Engine } from "../../src/toolkit/lab/engine.ts";
import { ensureImage, type ImageVariant } from "../../src/toolkit/lab/image.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { labUp } from "../../src/toolkit/lab/up.ts";
import type { Topology } from "../../src/toolkit/topology/topology.ts";

/** The labs of this run keep their files in this checkout, so that a later run finds what a killed one left. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** Set by the global set-up when no engine could be had: why. */
const REASON = "MAILBASTION_E2E_NO_ENGINE";
const RUN = "MAILBASTION_E2E_RUN";

/** `e2e-<process id of the run>`: tells the run, and whether it still lives. */
export function labName(part = "main"): string {
  return `e2e-${process.env[RUN] ?? process.pid}-${part}`;
}

export function announceRun(): void {
  process.env[RUN] = String(process.pid);
}

export function announceNoEngine(reason: string): void {
  process.env[REASON] = reason;
}

/** Why the end-to-end tests of this run are skipped; undefined when they are not. */
export function noEngine(): string | undefined {
  return process.env[REASON] || undefined;
}

/** Installs nothing unasked: `npm test` has asked before, and a run with CI=true goes ahead. */
export async function acquireEngine(): Promise<Engine> {
  const yes = process.env["CI"] === "true";
  return ensureEngine({ yes, ask: () => Promise.resolve(false), report: log });
}

/**
 * The lab of this run for a cluster: made by the first file that asks, found as it was left by every later one. It is
 * taken down by the global tear-down. Another `part` gives a lab of its own, for tests that need fresh machines.
 */
export async function acquireLab(
  described: Topology,
  part?: string,
  variant: ImageVariant = "machine",
): Promise<Lab> {
  const engine = await acquireEngine();
  const image = await ensureImage(engine, { variant, packages: packagesOf(described), report: log });
  return labUp(engine, described, { name: labName(part), project: PROJECT, image, report: log });
}

/** Past Jest's console, which would add a stack to each line. */
function log(line: string): void {
  process.stderr.write(`  lab: ${line}\n`);
}
