import { services } from "../../../../src/toolkit/services/registry.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Topology } from "../../../../src/toolkit/topology/topology.ts";
import { votersIn } from "../../../../src/toolkit/topology/voters.ts";
import { clusterPart, healthWith, memberOf } from "../../services/mailnode/a-cluster.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

/** Who leads what. */
export interface Leaders {
  readonly vip: string;
  readonly writer: string;
  readonly master: string;
  /** Of the mail nodes; default: node-1. */
  readonly mail?: string;
}

export const LEADERS: Leaders = { vip: "node-1", writer: "node-2", master: "node-3" };

const MEMBER = [
  "wsrep_cluster_status\tPrimary",
  "wsrep_local_state_comment\tSynced",
  "wsrep_ready\tON",
  "wsrep_connected\tON",
  "wsrep_cluster_size\t3",
].join("\n");

/** A name, an exit code and what was said, as one answer to several questions has it. */
export function part(name: string, text: string, code = 0): string {
  const lines = text === "" ? "" : `${text.trimEnd().replaceAll(/^/gm, "|")}\n`;
  return `@${name} ${code}\n${lines}`;
}

/** What every machine of a cluster says in which all is well. `more` is what a machine is asked besides. */
export function wholeCluster(
  leaders: Leaders = LEADERS,
  topology: Topology = threeMachines,
  more: (machine: string) => string = () => "",
): Map<string, Answer> {
  const master = topology.machines.find(({ name }) => name === leaders.master)!.address;
  const members = votersIn(topology, "mail").map(({ name, roles }) => ({
    ...memberOf(name),
    ...(roles.includes("witness") && { standing: "witness" as const }),
  }));
  return new Map(
    topology.machines.map((machine) => {
      const { name } = machine;
      const survey = [
        "@drained",
        "@vip-mark",
        `@vip\n${name === leaders.vip ? "2: eth0 inet 192.168.1.100/32" : ""}`,
        "@drains",
        "@prepared\nyes",
        "@keepalived\nyes",
        `@sessions\n${topology.machines.map((other) => `smtp ${other.name} 0 UP`).join("\n")}`,
        `@servers\n${topology.machines.map((other) => `smtp ${other.name} 0`).join("\n")}`,
        `@member\n${MEMBER}`,
        `@cache\nrole:${name === leaders.master ? "master" : "slave"}\nmaster_link_status:up\nmaster_sync_in_progress:0`,
        `@master\n${master}`,
        "@quorum\nOK 3 usable Sentinels",
        ...(machine.roles.includes("witness") ? ["@arbitrator\nvotes"] : []),
        `@mailnode\n${JSON.stringify({ ready: true, node: name })}`,
        `@mailcluster\n${JSON.stringify(healthWith(name, clusterPart(name, { leader: leaders.mail ?? "node-1", members })))}`,
      ].join("\n");
      const own = services.filter((service) => service.runsOn(topology, machine));
      const stdout = [
        part("survey", survey),
        ...(machine.roles.includes("balancer") ? [part("writer", `writer ${leaders.writer}`)] : []),
        ...own.map((service) => part(`probe ${service.name}`, "")),
        more(name),
      ].join("");
      return [name, { code: 0, stdout, stderr: "" }];
    }),
  );
}

/** The same answer with one part replaced. */
export function saying(answer: Answer, name: string, text: string, code: number): Answer {
  const pattern = new RegExp(`^@${name} \\d+\\n(\\|.*\\n)*`, "m");
  return { ...answer, stdout: answer.stdout.replace(pattern, () => part(name, text, code)) };
}
