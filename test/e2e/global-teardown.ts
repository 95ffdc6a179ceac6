import { labDown } from "../../src/toolkit/lab/down.ts";
import { labsOf } from "../../src/toolkit/lab/state.ts";
import { acquireEngine, labName, noEngine, PROJECT } from "./acquire-lab.ts";

/** Takes down every lab of this run. */
export default async function tearDown(): Promise<void> {
  if (noEngine() !== undefined) return;
  const engine = await acquireEngine();
  const ours = (await labsOf(PROJECT)).filter((name) => name.startsWith(labName("")));
  for (const name of ours) await labDown(engine, { project: PROJECT, name });
}
