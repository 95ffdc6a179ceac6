import { resolvePlaceholders, type Resolver } from "../../../support/placeholder.ts";
import type { Bundle, BundleFile } from "../../bundle/bundle.ts";
import type { Service } from "../../services/service.ts";
import { STAGED } from "../../services/service.ts";
import type { Transport } from "../../ssh/transport.ts";
import { askAll, answersOf } from "../../steps/ask-all.ts";
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
  const running = services
    .filter((candidate) => candidate.runsOn(topology, machine))
    .map((service) => ({
      packages: service.packages(topology, machine),
      files: bundle.files.filter((file) => file.service === service.name),
    }));
  const { isInstalled, isProgram } = await lookAround(
    running.flatMap(({ packages }) => packages),
    running.flatMap(({ files }) => files.flatMap(programsOf)),
    place,
  );
  const results: CheckResult[] = [];
  for (const { packages, files } of running)
    for (const file of files) {
      const missing = [
        ...packages.filter((name) => !isInstalled(name)),
        ...programsOf(file).filter((name) => !isProgram(name)),
      ];
      results.push({ machine: bundle.machine, path: file.path, ...(await check(file, missing, place)) });
    }
  return results;
}

/** What must be there for a file to be checked. */
function programsOf({ check }: BundleFile): readonly string[] {
  if (check.kind === "none") return [];
  return [check.argv[0]!, ...(check.needs === undefined ? [] : [check.needs])];
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

/** Which packages and programs there are: one command, however many are asked for. */
async function lookAround(
  packages: readonly string[],
  programs: readonly string[],
  { transport, machine }: CheckPlace,
) {
  const questions = new Map(
    [...new Set(programs)].map((program) => [program, ask(script('command -v "$1"', [program]))]),
  );
  if (packages.length > 0) questions.set(PACKAGES, ask([...QUERY, ...packages]));
  const answers = answersOf(await transport.run(machine, askAll(questions)));
  const installed = new Set(
    (answers.get(PACKAGES)?.stdout ?? "")
      .split("\n")
      .filter((line) => /^.i/.test(line))
      .map((line) => line.trim().split(/\s+/)[1]),
  );
  return {
    isInstalled: (name: string) => installed.has(name),
    isProgram: (name: string) => answers.get(name)?.code === 0,
  };
}

/** No program is called so. */
const PACKAGES = "packages/";

const QUERY = ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\\n"];
