import type { AddCommand } from "../add-command.ts";

export interface CommandModule {
  readonly name: string;
  readonly load: () => Promise<AddCommand>;
}

/**
 * In the order of help. The module of a command is read when that command is typed, and all of them for the list of
 * all: to read all of them takes longer than to ask twenty machines.
 */
export const commands: readonly CommandModule[] = [
  { name: "synth", load: async () => (await import("./synth.ts")).addSynth },
  { name: "validate", load: async () => (await import("./validate.ts")).addValidate },
  { name: "lab", load: async () => (await import("./lab.ts")).addLab },
  { name: "trust", load: async () => (await import("./trust.ts")).addTrust },
  { name: "plan", load: async () => (await import("./plan.ts")).addPlan },
  { name: "apply", load: async () => (await import("./apply.ts")).addApply },
  { name: "drain", load: async () => (await import("./drain.ts")).addDrain },
  { name: "undrain", load: async () => (await import("./drain.ts")).addUndrain },
  { name: "maintenance", load: async () => (await import("./maintenance.ts")).addMaintenance },
  { name: "failover", load: async () => (await import("./failover.ts")).addFailover },
  { name: "restart", load: async () => (await import("./restart.ts")).addRestart },
  { name: "upgrade", load: async () => (await import("./upgrade.ts")).addUpgrade },
  { name: "recover", load: async () => (await import("./recover.ts")).addRecover },
  { name: "add", load: async () => (await import("./machine.ts")).addAdd },
  { name: "remove", load: async () => (await import("./machine.ts")).addRemove },
  { name: "replace", load: async () => (await import("./machine.ts")).addReplace },
  { name: "rotate", load: async () => (await import("./rotate.ts")).addRotate },
  { name: "backup", load: async () => (await import("./backup.ts")).addBackup },
  { name: "restore", load: async () => (await import("./restore.ts")).addRestore },
  { name: "loadtest", load: async () => (await import("./loadtest.ts")).addLoadtest },
  { name: "run", load: async () => (await import("./run.ts")).addRun },
  { name: "resume", load: async () => (await import("./runs.ts")).addResume },
  { name: "abort", load: async () => (await import("./runs.ts")).addAbort },
  { name: "runs", load: async () => (await import("./runs.ts")).addRuns },
  { name: "lock", load: async () => (await import("./lock.ts")).addLock },
  { name: "status", load: async () => (await import("./status.ts")).addStatus },
  { name: "doctor", load: async () => (await import("./doctor.ts")).addDoctor },
  { name: "exec", load: async () => (await import("./exec.ts")).addExec },
  {
    name: "completion",
    load: async () => (await import("./completion.ts")).completionCommand(() => commandsFor([])),
  },
];

/** What must be read to understand a command line: the command that it begins with, or all of them. */
export async function commandsFor(argv: readonly string[]): Promise<readonly AddCommand[]> {
  const typed = commands.filter(({ name }) => name === argv[0]);
  return Promise.all((typed.length > 0 ? typed : commands).map(({ load }) => load()));
}
