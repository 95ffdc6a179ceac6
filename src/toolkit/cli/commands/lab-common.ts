import type { Command } from "commander";
import { ensureEngine, type Engine } from "../../lab/engine.ts";
import { openLab, type Lab } from "../../lab/lab.ts";
import { assertLabName } from "../../lab/state.ts";
import { loadCluster, type LoadedCluster } from "../../project/load-cluster.ts";
import { confirm, note, type Io } from "../io.ts";
import { fileOption, jsonOption, yesOption } from "../options.ts";

/** What every command of a lab takes. */
export interface LabOptions {
  readonly file?: string;
  readonly name?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export function labCommand(lab: Command, usage: string, description: string): Command {
  const command = lab.command(usage).description(description);
  return jsonOption(
    yesOption(fileOption(command).option("--name <lab>", "the lab (default: the cluster's name)")),
  );
}

export function engineFor(options: LabOptions, io: Io, report: (line: string) => void): Promise<Engine> {
  const yes = options.yes ?? false;
  return ensureEngine({ yes, ask: (question) => confirm(io, question, yes), report });
}

/** Tells of a dry run of a lab's command what would be done, such as "kill node-1". */
export function wouldDo(lab: string, what: string, { json }: LabOptions, io: Io): void {
  io.out(json ? JSON.stringify({ ok: true, lab, would: what }) : `would ${what}`);
}

/** The lab that the options mean, which must be up. */
export async function openedLab(options: LabOptions, io: Io): Promise<Lab> {
  const cluster = await loadCluster(options.file);
  const engine = await engineFor(options, io, (line) => note(io, line));
  return openLab(engine, cluster.directory, nameOf(options, cluster));
}

/** Throws LAB_NAME_INVALID, before anything is asked or made. */
export function nameOf(options: LabOptions, cluster: LoadedCluster): string {
  const name = options.name ?? cluster.spec.name;
  assertLabName(name);
  return name;
}
