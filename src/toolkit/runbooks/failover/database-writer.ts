import { UserError } from "../../../support/errors.ts";
import { endWhatIsLeft } from "../../services/haproxy/drain.ts";
import {
  areInReserve,
  askForWriter,
  connectOnce,
  namesWriter,
  parseWriter,
  setAside,
  takeBack,
  type WriterView,
} from "../../services/haproxy/writer.ts";
import { vipHere } from "../../services/keepalived/handover.ts";
import { answersOf, askAll } from "../../steps/ask-all.ts";
import type { Answer } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Step } from "../../steps/step.ts";
import { machinesWith, type Topology } from "../../topology/topology.ts";
import type { Runbook } from "../runbook.ts";
import { chooseTarget, failoverArguments, type FailoverArguments } from "./choose-target.ts";

/**
 * Makes another database machine the one that is written to, on every balancer: the other servers are set aside until
 * the table that the balancers share names the new one. Its clients connect anew; none of them meets two writers.
 */
export const failoverDatabaseWriter: Runbook<FailoverArguments> = {
  name: "failover database-writer",
  summary: "make another database machine the one that is written to",
  arguments: failoverArguments,
  isRepeatable: true,
  // Whoever was told to stand back in the middle looks as if somebody else had told him.
  isResumedOnceBegun: () => true,
  survey: ({ topology }) => ({
    machines: machinesWith(topology, "balancer").map(({ name }) => name),
    command: () =>
      askAll(
        new Map([
          ["vip", vipHere(topology.network.vip)],
          ["writer", askForWriter()],
        ]),
      ),
  }),
  plan: ({ topology }, { to }, answers) => {
    const balancers = [...answers].map(([name, answer]) => parse(name, answer));
    const [holder, second] = balancers.filter(({ bearsVip }) => bearsVip);
    if (!holder || second) {
      throw new UserError(
        "FAILOVER_NO_HOLDER",
        `${second ? "more than one balancer bears" : "no balancer that answers bears"} ${topology.network.vip}, and its sessions decide who is written to`,
        "let mbctl status say why",
      );
    }
    const databases = machinesWith(topology, "database");
    const writer = writerOf(topology, holder.view);
    const candidates = databases.map((machine) => ({ machine, fault: faultOf(machine.name, balancers) }));
    const target = chooseTarget("the database", writer, candidates, to);
    // One that somebody took out of a balancer stays as it is.
    const aside = databases
      .map(({ name }) => name)
      .filter((name) => name !== target.name && balancers.every(({ view }) => isUntouched(view, name)));
    const away = machinesWith(topology, "balancer").filter(({ name }) => !answers.has(name));
    return {
      phases: moveWriter(
        topology.network.vip,
        balancers.map(({ name }) => name),
        holder.name,
        target.name,
        aside,
      ),
      notes: away.map(
        ({ name }) => `${name} cannot be reached: it learns the writer from the others when it returns`,
      ),
      next: "mbctl status",
    };
  },
};

interface Balancer {
  readonly name: string;
  readonly bearsVip: boolean;
  readonly view: WriterView;
}

function parse(name: string, answer: Answer): Balancer {
  const said = answersOf(answer);
  const part = (key: string) => said.get(key) ?? { code: 1, stdout: "", stderr: "" };
  return { name, bearsVip: part("vip").stdout.trim() !== "", view: parseWriter(part("writer")) };
}

/** Who the table names; before the first connection, who it will be: the first one up, in the order of the servers. */
function writerOf(topology: Topology, view: WriterView) {
  const databases = machinesWith(topology, "database");
  const isUp = (name: string) => view.servers.get(name)?.isUp === true;
  const named = databases.find(({ name }) => name === view.writer && isUp(name));
  const writer = named ?? databases.find(({ name }) => isUp(name));
  if (writer) return writer;
  throw new UserError(
    "FAILOVER_NOWHERE",
    "the balancer that bears the VIP holds no database server for fit",
    "let mbctl status say why; a cluster without a primary component needs mbctl recover galera",
  );
}

function faultOf(name: string, balancers: readonly Balancer[]): string {
  const against = balancers.filter(
    ({ view }) => view.servers.size > 0 && !(view.servers.get(name)?.isUp && isUntouched(view, name)),
  );
  return against.length === 0
    ? ""
    : `its database is not up on ${against.map((one) => one.name).join(" and ")}`;
}

function isUntouched(view: WriterView, name: string): boolean {
  return view.servers.size === 0 || view.servers.get(name)?.isUntouched === true;
}

function moveWriter(
  vip: string,
  balancers: readonly string[],
  holder: string,
  target: string,
  aside: readonly string[],
): readonly Phase[] {
  const group = `make ${target} the database writer`;
  const each = (step: Omit<Step, "machine">) => balancers.map((machine): Step => ({ ...step, machine }));
  return [
    plannedPhase(
      group,
      [
        each({
          title: `set ${aside.join(" and ")} aside`,
          commands: [setAside(aside)],
          undo: [takeBack(aside)],
        }),
        aside.flatMap((name) => each(endWhatIsLeft("database", name))),
        [
          {
            title: "connect once, so that the balancers remember the new writer",
            machine: holder,
            commands: [connectOnce(vip)],
          },
        ],
        each({
          title: "see that the balancer knows the new writer",
          commands: [],
          verify: namesWriter(target),
        }),
      ],
      group,
    ),
    plannedPhase("take the other database machines back in reserve", [
      each({
        title: `let ${aside.join(" and ")} stand by`,
        commands: [takeBack(aside)],
        verify: areInReserve(aside),
      }),
      each({ title: "see that the writer has stayed", commands: [], verify: namesWriter(target) }),
    ]),
  ];
}
