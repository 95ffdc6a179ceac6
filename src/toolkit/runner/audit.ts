import { act, script, type Command } from "../steps/command.ts";
import { plannedStages, type Phase } from "../steps/phase.ts";
import type { Operator } from "./plan.ts";

/** The one log that says who changed what, on every machine that a run touches, and beside the runs of the operator. */
export const AUDIT_LOG = "/var/log/mailbastion/audit.log";

export interface AuditLine {
  readonly at: number;
  readonly run: string;
  readonly operator: Operator;
  readonly command: string;
  readonly event: "begins" | "resumed" | "done" | "stopped" | "undone" | "aborted";
}

/** One line of text: a person reads it with tail, a program by its fields. */
export function auditText({ at, run, operator, command, event }: AuditLine): string {
  return `${new Date(at).toISOString()} ${run} ${operator.user}@${operator.host} ${event}: ${command}\n`;
}

const APPEND = `
umask 027
install -d -m 0750 "$(dirname "$1")"
cat >> "$1"`;

/** Adds a line to the machine's audit log. */
export function auditCommand(line: AuditLine): Command {
  return act(script(APPEND, [AUDIT_LOG]), { stdin: auditText(line), timeoutMs: 30_000 });
}

/** The machines that a plan touches: those of its steps, and those that looking phases ask. */
export function touchedMachines(phases: readonly Phase[]): readonly string[] {
  return [
    ...new Set(
      phases.flatMap((phase) => [
        ...phase.machines,
        ...plannedStages(phase)
          .flat()
          .map(({ machine }) => machine),
      ]),
    ),
  ].toSorted();
}
