import type { Command } from "commander";
import { buildBundles } from "../../bundle/build.ts";
import { loadOverrides } from "../../bundle/load-overrides.ts";
import { learnContainerKeys, openTarget, type Target, type TargetOptions } from "../../project/target.ts";
import { systemEnv } from "../../runner/system-env.ts";
import { services } from "../../services/registry.ts";
import { secretRequests } from "../../services/secret-requests.ts";
import { look } from "../../status/collect.ts";
import { diagnose } from "../../status/doctor/diagnose.ts";
import { deepQuestions } from "../../status/doctor/questions.ts";
import type { KnownFile } from "../../status/doctor/known-file.ts";
import { doctorText, type DoctorDocument } from "../../status/doctor/report.ts";
import { isWhole } from "../../status/finding.ts";
import { factsIn, secretsIn } from "../../../support/placeholder.ts";
import { readVersions } from "../../vault/versions.ts";
import { assertMachines } from "../../topology/known-machine.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption, targetOptions } from "../options.ts";
import { readSeconds } from "../seconds.ts";
import { openTransport } from "../transport.ts";
import { hurried } from "./status.ts";

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly timeout: string;
}

export function addDoctor(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("doctor [machine]")
    .description("look deeper than status: what is wrong, why, what to type, and the lines that say so")
    .option("--timeout <seconds>", "the longest that a machine is waited for", "30");
  example(jsonOption(targetOptions(command)), "mbctl doctor", "mbctl doctor node-2").action(
    async (machine: string | undefined, options: Options) => end(await doctor(machine, options, io)),
  );
}

async function doctor(machine: string | undefined, options: Options, io: Io): Promise<number> {
  const timeoutMs = readSeconds("--timeout", options.timeout);
  const target = await openTarget(options, io.environment);
  const { topology } = target;
  if (machine !== undefined)
    assertMachines(
      [machine],
      topology.machines.map(({ name }) => name),
      topology.cluster,
    );
  const files = await knownFiles(target);
  await learnContainerKeys(target);
  const transport = openTransport(hurried(target, timeoutMs), io);
  try {
    const { status, more } = await look(topology, services, transport, {
      env: systemEnv,
      timeoutMs,
      also: (asked) => deepQuestions(topology, services, asked, files.get(asked.name) ?? []),
    });
    const findings = diagnose({ topology, status, more, files }, machine);
    const document: DoctorDocument = {
      format: 1,
      ok: isWhole(findings),
      cluster: topology.cluster,
      ...(machine !== undefined && { machine }),
      at: status.at,
      tookMs: status.tookMs,
      findings: [...findings],
    };
    io.out(options.json ? JSON.stringify(document) : doctorText(document));
    return document.ok ? EXIT.done : EXIT.failed;
  } finally {
    await transport.close();
  }
}

/** What ought to lie on each machine, without the vault: the versions of its secrets are enough for the names. */
async function knownFiles({
  topology,
  directory,
  project,
}: Target): Promise<ReadonlyMap<string, readonly KnownFile[]>> {
  const versionOf = await readVersions(
    directory,
    topology.cluster,
    secretRequests(topology, services),
    systemEnv,
  );
  const overrides = loadOverrides(project);
  return new Map(
    buildBundles(topology, { services, versionOf, overrides }).map(({ machine, files }) => [
      machine,
      files.map(({ path, owner, group, mode, content, hash, check, seedOnly }) => ({
        path,
        owner,
        group,
        mode,
        check,
        // What a daemon rewrites, and what holds a secret or a fact, cannot be compared here.
        ...(!seedOnly && secretsIn(content).length + factsIn(content).length === 0 && { hash }),
      })),
    ]),
  );
}
