import { resolvePlaceholders, type Resolver } from "../../../support/placeholder.ts";
import type { Bundle, BundleFile } from "../../bundle/bundle.ts";
import type { Service } from "../../services/service.ts";
import { STAGED } from "../../services/service.ts";
import type { Transport } from "../../ssh/transport.ts";
import { act, ask, script } from "../../steps/command.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";

export interface CheckResult {
  readonly machine: string;
  readonly path: string;
  readonly outcome: "accepted" | "refused" | "not run" | "has no check";
  /** What the program said, or why it was not asked. */
  readonly detail: string;
}

/** Where the files of a bundle are put to be checked, and what stands in for secrets and facts meanwhile. */
export interface CheckPlace {
  readonly transport: Transport;
  /** The machine's name as the transport knows it. */
  readonly machine: string;
  /** A folder of its own; everything is written below it and nothing elsewhere. */
  readonly root: string;
  readonly resolver: Resolver;
}

/**
 * Has every file of a machine checked by its real program, below a folder: nothing is put in its place.
 *
 * A check runs only where every package of its service is installed; elsewhere it is reported as not run.
 */
export async function checkFiles(
  topology: Topology,
  services: readonly Service[],
  bundle: Bundle,
  place: CheckPlace,
): Promise<readonly CheckResult[]> {
  const machine = machineNamed(topology, bundle.machine);
  await putAll(bundle, place);
  const results: CheckResult[] = [];
  for (const service of services.filter((candidate) => candidate.runsOn(topology, machine))) {
    const missing = await missingPackages(service.packages(topology, machine), place);
    for (const file of bundle.files.filter((candidate) => candidate.service === service.name)) {
      results.push({ machine: bundle.machine, path: file.path, ...(await check(file, missing, place)) });
    }
  }
  return results;
}

type Outcome = Pick<CheckResult, "outcome" | "detail">;

async function check(
  file: BundleFile,
  missing: readonly string[],
  { transport, machine, root }: CheckPlace,
): Promise<Outcome> {
  if (file.check.kind === "none") return { outcome: "has no check", detail: file.check.reason };
  if (missing.length > 0) return { outcome: "not run", detail: `not installed here: ${missing.join(", ")}` };
  const argv = file.check.argv.map((word) => word.replaceAll(STAGED, `${root}${file.path}`));
  for (const program of [argv[0]!, ...(file.check.needs === undefined ? [] : [file.check.needs])]) {
    const found = await transport.run(
      machine,
      ask(["sh", "-c", 'command -v "$1" >/dev/null', "sh", program]),
    );
    if (found.code !== 0) return { outcome: "not run", detail: `not installed here: ${program}` };
  }
  const answer = await transport.run(machine, ask(argv, { timeoutMs: 60_000 }));
  if (answer.code === 0) return { outcome: "accepted", detail: "" };
  return {
    outcome: "refused",
    detail: `${answer.stderr}${answer.stdout}`.trim() || `exit code ${answer.code}`,
  };
}

/** All in one command: a line per file. One that names another under its hash is made to name it below the root. */
async function putAll(bundle: Bundle, { transport, machine, root, resolver }: CheckPlace): Promise<void> {
  const addressed = bundle.files.filter((file) => file.addressed);
  const lines = bundle.files.map((file) => {
    const resolved = resolvePlaceholders(file.content, resolver);
    const content = addressed.reduce((text, { path }) => text.replaceAll(path, `${root}${path}`), resolved);
    return `${root}${file.path} ${file.mode} ${Buffer.from(content).toString("base64")}\n`;
  });
  const answer = await transport.run(machine, act(script(PUT)), lines.join(""));
  if (answer.code !== 0) throw new Error(`files cannot be written below ${root}: ${answer.stderr}`);
}

const PUT = `
while read -r path mode content; do
  install -d "$(dirname "$path")"
  printf %s "$content" | base64 -d > "$path"
  chmod "$mode" "$path"
done`;

async function missingPackages(
  packages: readonly string[],
  { transport, machine }: CheckPlace,
): Promise<readonly string[]> {
  if (packages.length === 0) return [];
  const answer = await transport.run(
    machine,
    ask(["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\\n", ...packages]),
  );
  const installed = new Set(
    answer.stdout
      .split("\n")
      .filter((line) => /^.i/.test(line))
      .map((line) => line.trim().split(/\s+/)[1]),
  );
  return packages.filter((name) => !installed.has(name));
}
