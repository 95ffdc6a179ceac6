import type { Command } from "commander";
import { execa } from "execa";
import { exec, labMachine, sshCommand, type Lab } from "../../lab/lab.ts";
import { cut, heal, isolate } from "../../lab/links.ts";
import { kill, pause, start, unpause } from "../../lab/power.ts";
import { loadCluster } from "../../project/load-cluster.ts";
import type { Io } from "../io.ts";
import { dryRunOption, example } from "../options.ts";
import { labCommand, nameOf, openedLab, wouldDo, type LabOptions } from "./lab-common.ts";

interface CutOptions extends LabOptions {
  readonly oneWay?: boolean;
}

/** The commands that look into machines of a lab, and those that hurt them. */
export function addLabTools(lab: Command, io: Io, end: (code: number) => void): void {
  const dry = async (what: string, options: LabOptions) =>
    wouldDo(nameOf(options, await loadCluster(options.file)), what, options, io);
  const onMachines = (verb: string, description: string, act: (lab: Lab, machine: string) => Promise<void>) =>
    example(
      dryRunOption(labCommand(lab, `${verb} <machine...>`, description)),
      `mbctl lab ${verb} node-1`,
    ).action(async (machines: readonly string[], options: LabOptions) => {
      if (options.dryRun) return dry(`${verb} ${machines.join(", ")}`, options);
      const opened = await openedLab(options, io);
      // All names first: a mistyped second one must not leave the first one done.
      for (const machine of machines) labMachine(opened, machine);
      for (const machine of machines) await act(opened, machine);
      done(opened, options, io);
    });

  example(labCommand(lab, "ssh <machine>", "log in to a machine"), "mbctl lab ssh node-1").action(
    async (machine: string, options: LabOptions) => {
      const [program, ...args] = sshCommand(await openedLab(options, io), machine);
      const { exitCode } = await execa(program!, args, { stdio: "inherit", reject: false });
      end(exitCode ?? 1);
    },
  );
  const execCommand = labCommand(
    lab,
    "exec <machine> <command...>",
    "run a program on a machine, past its network",
  );
  example(
    execCommand,
    "mbctl lab exec node-1 -- ip address",
    "(what follows -- belongs to the program)",
  ).action(async (machine: string, argv: readonly string[], options: LabOptions) => {
    const answer = await exec(await openedLab(options, io), machine, argv);
    if (options.json) io.out(JSON.stringify({ ok: answer.code === 0, ...answer }));
    if (!options.json && answer.stdout) io.out(answer.stdout.trimEnd());
    if (!options.json && answer.stderr) io.err(answer.stderr.trimEnd());
    end(answer.code);
  });

  onMachines("kill", "take the power away: nothing is synced, stopped or told", kill);
  onMachines("start", "give the power back", start);
  onMachines("pause", "freeze every process, as on a machine that hangs", pause);
  onMachines("unpause", "let them go on", unpause);

  const cutCommand = labCommand(
    lab,
    "cut <machine> [other]",
    "drop all between two machines, or all of one",
  ).option("--one-way", "only what the first sends to the other");
  example(dryRunOption(cutCommand), "mbctl lab cut node-1 node-2").action(
    async (machine: string, other: string | undefined, options: CutOptions) => {
      if (options.dryRun) return dry(`cut ${machine} off from ${other ?? "all"}`, options);
      const opened = await openedLab(options, io);
      await (other === undefined ? isolate(opened, machine) : cut(opened, machine, other, options.oneWay));
      done(opened, options, io);
    },
  );
  example(dryRunOption(labCommand(lab, "heal", "undo every cut")), "mbctl lab heal").action(
    async (options: LabOptions) => {
      if (options.dryRun) return dry("undo every cut", options);
      const opened = await openedLab(options, io);
      await heal(opened);
      done(opened, options, io);
    },
  );
}

function done(lab: Lab, options: LabOptions, io: Io): void {
  if (options.json) io.out(JSON.stringify({ ok: true, lab: lab.state.name }));
}
