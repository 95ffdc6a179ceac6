import Table from "cli-table3";
import pc from "picocolors";
import type { Role } from "../topology/topology.ts";
import type { ClusterStatus, MachineStatus } from "./cluster-status.ts";
import { isWhole, type Finding } from "./finding.ts";
import { tiers, type Cell, type Tier } from "./tiers.ts";

/** The screen that people read: the machines by tier, then what is wrong and what to type. */
export function statusTable(status: ClusterStatus, found: readonly Finding[]): string {
  const parts = tiers(status)
    .filter((tier) => rowsOf(status, tier.role).length > 0)
    .map((tier) => tierTable(tier, rowsOf(status, tier.role)));
  return [...parts, verdict(status, found)].join("\n\n");
}

function rowsOf({ machines }: ClusterStatus, role: Role | undefined): readonly MachineStatus[] {
  return machines.filter(({ roles }) => role === undefined || roles.includes(role));
}

function tierTable(tier: Tier, machines: readonly MachineStatus[]): string {
  const { title, columns } = tier;
  const table = new Table({
    head: [pc.bold(title), ...columns.map((column) => pc.dim(column))],
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    chars: WITHOUT_LINES,
  });
  for (const machine of machines)
    table.push(
      machine.unreachable
        ? [pc.red(machine.machine), { colSpan: columns.length, content: pc.red(reason(machine)) }]
        : [
            machine.machine,
            ...columns.map((_, column) => painted(tier.row(machine)[column] ?? { text: "" })),
          ],
    );
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** The sentence itself stands below; a row must not break over lines. */
function reason({ unreachable }: MachineStatus): string {
  return `no answer (${unreachable!.code})`;
}

function painted({ text, mood }: Cell): string {
  switch (mood) {
    case "good":
      return pc.green(text);
    case "bad":
      return pc.red(text);
    case "doubtful":
      return pc.yellow(text);
    default:
      return text;
  }
}

function verdict(status: ClusterStatus, found: readonly Finding[]): string {
  const lines = found.map(findingLine);
  const whole = isWhole(found) ? [pc.green(`${status.cluster} is whole`)] : [];
  return [...lines, ...whole].join("\n");
}

/** A finding and what to type, as `status` shows it. */
export function findingLine({ severity, finding, remedy }: Finding): string {
  return `${SIGNS[severity]} ${finding}${remedy && `\n    type: ${remedy}`}`;
}

const SIGNS = { critical: pc.red("!"), warning: pc.yellow("!"), note: pc.dim("-") };

const WITHOUT_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};
