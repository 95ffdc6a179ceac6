import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import type { HostsProject } from "./project.ts";
import { shellOn } from "./shell-on.ts";
import { until } from "./until.ts";

/** What the second part leaves on its machine. */
export const LEFT = "/run/e2e-second-part";

/** The first part waits on node-1 until it is let go, the second one leaves a file on node-3. */
const RUNBOOK = `
const act = (...argv) => ({ argv, sudo: true, mutates: true });
const part = (title, machine, command) => ({
  title, machines: [], observe: () => ({ argv: ["true"], sudo: true, mutates: false }), decide: () => [[{ title, machine, commands: [command] }]],
});
export default {
  name: "two-parts", summary: "a run that waits in its middle", isRepeatable: false,
  arguments: { safeParse: (data) => ({ success: true, data }) },
  survey: () => ({ machines: [], command: () => undefined }),
  plan: () => ({ phases: [
    part("wait", "node-1", act("sh", "-c", "touch /run/e2e-came; until [ -e /run/e2e-go ]; do sleep 0.2; done; rm /run/e2e-came /run/e2e-go")),
    part("leave", "node-3", act("touch", "${LEFT}")),
  ] }),
};
`;

/** Begins a run of a runbook of the project's own that stands still in its middle, with the lock, until it is let go. */
export async function beginTwoParts(lab: Lab, project: HostsProject) {
  const folder = join(project.folder, "runbooks");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "two-parts.mjs"), RUNBOOK);
  const { ended } = project.start("run", "two-parts", "--yes");
  await until(
    "the run waits in its middle",
    async () => (await shellOn(lab, "node-1", "ls /run/e2e-came 2> /dev/null || true")) !== "",
    60_000,
  );
  return { ended, letGo: () => shellOn(lab, "node-1", "touch /run/e2e-go") };
}
