import { UserError } from "../../src/support/errors.ts";
import { labDown } from "../../src/toolkit/lab/down.ts";
import { labsOf } from "../../src/toolkit/lab/state.ts";
import { acquireEngine, announceNoEngine, announceRun, PROJECT } from "./acquire-lab.ts";

/**
 * Gets an engine for the end-to-end tests. Without one they are skipped, loudly, except under `CI=true`, where that is
 * a failure. Labs that a killed run left in this checkout are removed.
 */
export default async function setUp(): Promise<void> {
  announceRun();
  try {
    const engine = await acquireEngine();
    for (const name of await labsOf(PROJECT))
      if (isLeftover(name)) await labDown(engine, { project: PROJECT, name });
  } catch (error) {
    if (process.env["CI"] === "true" || !(error instanceof UserError)) throw error;
    announceNoEngine(error.message);
    process.stderr.write(`\nEND-TO-END TESTS ARE SKIPPED: ${error.message}; ${error.remedy}\n\n`);
  }
}

/** Whether the run that the lab's name carries is over. */
function isLeftover(lab: string): boolean {
  const pid = /^e2e-(\d+)-/.exec(lab)?.[1];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch {
    return true;
  }
}
