import Table from "cli-table3";
import pc from "picocolors";
import type { ClusterStatus } from "./collect.ts";
import { findings } from "./judge.ts";

/** The table that people read: a row per machine, a column per service, then what is wrong and what to type. */
export function statusTable(status: ClusterStatus): string {
  const names = [
    ...new Set(status.machines.flatMap(({ services }) => services.map(({ service }) => service))),
  ];
  const table = new Table({ head: ["machine", "address", "vip", ...names], style: { head: [], border: [] } });
  for (const { machine, address, unreachable, services } of status.machines) {
    const vip = status.vipHolders.includes(machine) ? pc.green("holds") : "";
    const cells = names.map((name) => cell(services.find(({ service }) => service === name)?.isWorking));
    table.push(
      unreachable === undefined
        ? [machine, address, vip, ...cells]
        : [pc.red(machine), address, "", ...names.map(() => pc.red("?"))],
    );
  }
  const wrong = findings(status);
  const verdict =
    wrong.length === 0
      ? pc.green(`${status.cluster} is whole`)
      : wrong.map((line) => `${pc.red("!")} ${line}`).join("\n");
  return `${table.toString()}\n${verdict}`;
}

function cell(isWorking: boolean | undefined): string {
  if (isWorking === undefined) return "";
  return isWorking ? pc.green("ok") : pc.red("fails");
}
