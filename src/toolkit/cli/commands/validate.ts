import type { Command } from "commander";
import pc from "picocolors";
import { mkdtemp, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { buildBundles } from "../../bundle/build.ts";
import { packagesOf } from "../../containers/packages.ts";
import { startCheckMachine } from "../../lab/check-machine.ts";
import { ensureEngine } from "../../lab/engine.ts";
import { ensureImage } from "../../lab/image.ts";
import { loadCluster } from "../../project/load-cluster.ts";
import { loadOverrides } from "../../bundle/load-overrides.ts";
import { checkFiles, type CheckPlace, type CheckResult } from "../../runbooks/validate/check-files.ts";
import { prepareRelease, releasePhase } from "../../release/index.ts";
import { neverInterrupted } from "../../runner/interruption.ts";
import { Recorder } from "../../runner/recorder.ts";
import { silentReporter } from "../../runner/reporter.ts";
import { runPhases } from "../../runner/run-phases.ts";
import { localTransport } from "../../runner/local-transport.ts";
import { systemEnv } from "../../runner/system-env.ts";
import { services } from "../../services/registry.ts";
import { secretRequests } from "../../services/secret-requests.ts";
import { resolve } from "../../topology/resolve.ts";
import type { Topology } from "../../topology/topology.ts";
import { throwawayVault } from "../../vault/throwaway-vault.ts";
import { EXIT } from "../exit-codes.ts";
import { confirm, note, type Io } from "../io.ts";
import { example, fileOption, jsonOption, typed, yesOption } from "../options.ts";

interface Options {
  readonly file?: string;
  readonly inLab?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
}

export function addValidate(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("validate")
    .description("have every generated file checked by its real program, with made-up secrets")
    .option("--in-lab", "inside a machine image in Docker, where every program is installed");
  example(jsonOption(yesOption(fileOption(command))), "mbctl validate", "mbctl validate --in-lab").action(
    async (options: Options) => end(await validate(options, io)),
  );
}

async function validate(options: Options, io: Io): Promise<number> {
  const { spec, directory } = await loadCluster(options.file);
  const overrides = loadOverrides(directory);
  const topology = withoutInterface(resolve(spec));
  const secrets = await throwawayVault(secretRequests(topology, services), systemEnv.now());
  const place = options.inLab ? await labPlace(topology, options, io) : await localPlace();
  // Which interface it will be is known when the files are put; any that is there will do for a check.
  const resolver: CheckPlace["resolver"] = {
    secret: (ref) => secrets.reveal(ref).reveal(),
    fact: () => place.interface,
  };
  try {
    const results: CheckResult[] = [];
    for (const bundle of buildBundles(topology, { services, overrides })) {
      results.push(
        ...(await checkFiles(topology, services, bundle, {
          ...place,
          root: `${place.root}/${bundle.machine}`,
          resolver,
        })),
      );
    }
    report(results, options, io);
    return results.some(({ outcome }) => outcome === "refused") ? EXIT.failed : EXIT.done;
  } finally {
    await place.end();
  }
}

/** An interface that the description names is on the machines it describes, seldom here. */
function withoutInterface(topology: Topology): Topology {
  const { interface: _named, ...network } = topology.network;
  return { ...topology, network };
}

type Place = Pick<CheckPlace, "transport" | "machine" | "root"> & {
  readonly interface: string;
  end(): Promise<void>;
};

async function localPlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), "mailbastion-validate-"));
  return {
    transport: localTransport,
    machine: "this machine",
    root,
    interface: Object.keys(networkInterfaces()).find((name) => name !== "lo") ?? "lo",
    end: () => rm(root, { recursive: true, force: true }),
  };
}

async function labPlace(topology: Topology, { yes = false }: Options, io: Io): Promise<Place> {
  const report = (line: string) => note(io, line);
  const engine = await ensureEngine({ yes, ask: (question) => confirm(io, question, yes), report });
  const image = await ensureImage(engine, { variant: "machine", packages: packagesOf(topology), report });
  const machine = await startCheckMachine(engine, image);
  await putRelease(machine.transport);
  return {
    transport: machine.transport,
    machine: "a machine image",
    root: "/srv/validate",
    interface: machine.interface,
    end: () => machine.remove(),
  };
}

/** The mail node checks its own configuration: its program has to be there. */
async function putRelease(transport: CheckPlace["transport"]): Promise<void> {
  await runPhases([releasePhase(await prepareRelease(), ["a machine image"])], {
    transport,
    env: systemEnv,
    reporter: silentReporter,
    recorder: new Recorder(),
    dryRun: false,
    interruption: neverInterrupted,
    resolverOf: () => ({ secret: () => "", fact: () => "" }),
  });
}

function report(results: readonly CheckResult[], options: Options, io: Io): void {
  const counts = Object.fromEntries(
    Object.entries(Object.groupBy(results, ({ outcome }) => outcome)).map(([outcome, list]) => [
      outcome,
      list.length,
    ]),
  );
  if (options.json) return io.out(JSON.stringify({ ok: counts["refused"] === undefined, counts, results }));
  for (const { machine, path, outcome, detail } of results) {
    const mark = {
      accepted: pc.green("ok"),
      refused: pc.red("refused"),
      "not run": pc.yellow("not run"),
      "has no check": pc.dim("no check"),
    }[outcome];
    io.out(
      `${mark}  ${machine}:${path}${detail ? `  ${outcome === "refused" ? `\n${detail}` : detail}` : ""}`,
    );
  }
  io.out(
    Object.entries(counts)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(", "),
  );
  if (counts["not run"] && !io.isQuiet) io.out(`for those not run: ${typed(options, "validate --in-lab")}`);
}
