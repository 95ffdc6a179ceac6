import { DRAIN_MARKS, serializeDrainMark } from "../../../contract/drain-mark.ts";
import { UserError } from "../../../support/errors.ts";
import { putMark } from "../../services/drain-marks.ts";
import { aliveArgv } from "../../services/haproxy/service.ts";
import { UNIT as KEEPALIVED } from "../../services/keepalived/files.ts";
import { handOver, mayBearVip, vipHere, vipIsElsewhere } from "../../services/keepalived/handover.ts";
import { answersOf, askAll } from "../../steps/ask-all.ts";
import { ask, script, type Answer, type Command } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Step } from "../../steps/step.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { markOf } from "../drain/arguments.ts";
import type { Runbook } from "../runbook.ts";
import { chooseTarget, failoverArguments, type Candidate, type FailoverArguments } from "./choose-target.ts";

/** How long open sessions may take to end before the VIP goes, while new clients wait. In seconds. */
const HANDOVER_S = 20;

/**
 * Moves the VIP to another balancer. The holder and all others but the chosen one are told to stand back, by the mark
 * that a drain puts too, until the chosen one bears the VIP; then they may bear it again, and it stays where it is.
 */
export const failoverBalancer: Runbook<FailoverArguments> = {
  name: "failover balancer",
  summary: "move the VIP to another balancer",
  arguments: failoverArguments,
  isRepeatable: true,
  // Whoever was told to stand back in the middle looks as if somebody else had told him.
  isResumedOnceBegun: () => true,
  survey: ({ topology }) => ({
    machines: machinesWith(topology, "balancer").map(({ name }) => name),
    command: (name) => look(topology, machineNamed(topology, name)),
  }),
  plan: ({ topology }, { to }, answers, run) => {
    const found = machinesWith(topology, "balancer").map((machine) =>
      parse(machine, answers.get(machine.name)),
    );
    const { vip } = topology.network;
    const [holder, second] = found.filter(({ bearsVip }) => bearsVip);
    if (!holder || second) {
      throw new UserError(
        "FAILOVER_NO_HOLDER",
        `${
          found
            .filter(({ bearsVip }) => bearsVip)
            .map(({ machine }) => machine.name)
            .join(" and ") || "no balancer that answers"
        } bears ${vip}, and it should be exactly one`,
        "let mbctl status say why",
      );
    }
    const target = chooseTarget("the VIP", holder.machine, found, to);
    refuseReturn(topology, holder.machine, target, found);
    // A balancer that somebody drained stands back already, and goes on doing so.
    const others = found.filter(
      ({ machine, isAway, hasVipMark }) =>
        machine !== holder.machine && machine !== target && !isAway && !hasVipMark,
    );
    const reason = `failover balancer to ${target.name}`;
    const mark = (machine: Machine) =>
      serializeDrainMark(markOf({ machine: machine.name, reason }, run, "drain"));
    return {
      phases: moveVip(
        vip,
        holder.machine,
        target,
        others.map(({ machine }) => machine),
        mark,
      ),
      next: "mbctl status",
    };
  },
};

interface Balancer extends Candidate {
  readonly isAway: boolean;
  readonly bearsVip: boolean;
  readonly hasVipMark: boolean;
}

function look({ network }: Topology, { address }: Machine): Command {
  return askAll(
    new Map([
      ["vip", vipHere(network.vip)],
      ["mark", ask(["test", "-e", DRAIN_MARKS.vip])],
      ["keepalived", ask(["systemctl", "is-active", "--quiet", KEEPALIVED])],
      ["haproxy", ask(aliveArgv(address))],
    ]),
  );
}

function parse(machine: Machine, answer: Answer | undefined): Balancer {
  if (!answer) {
    return { machine, isAway: true, bearsVip: false, hasVipMark: false, fault: "it does not answer" };
  }
  const said = answersOf(answer);
  const holds = (name: string) => said.get(name)?.code === 0;
  const fault = holds("mark")
    ? "it is drained"
    : !holds("keepalived")
      ? "keepalived does not run there"
      : !holds("haproxy")
        ? "its HAProxy does not answer"
        : "";
  const bearsVip = (said.get("vip")?.stdout ?? "").trim() !== "";
  return { machine, isAway: false, bearsVip, hasVipMark: holds("mark"), fault };
}

/** With preemption the VIP goes back to the first of the description as soon as that one may bear it. */
function refuseReturn(
  { balancer }: Topology,
  holder: Machine,
  target: Machine,
  found: readonly Balancer[],
): void {
  if (!balancer.vrrp.preempt) return;
  const first = found.find(({ machine, fault }) => machine === holder || fault === "");
  if (!first || first.machine === target) return;
  throw new UserError(
    "FAILOVER_PREEMPTED",
    `the VIP would come back to ${first.machine.name} at once, as the description says that it preempts`,
    `drain ${first.machine.name} instead, or set balancer.vrrp.preempt to false and apply`,
  );
}

function moveVip(
  vip: string,
  holder: Machine,
  target: Machine,
  others: readonly Machine[],
  mark: (machine: Machine) => string,
): readonly Phase[] {
  const group = `move the VIP to ${target.name}`;
  const standBack = others.map((machine): Step => ({
    title: `stand back for ${target.name}`,
    machine: machine.name,
    commands: [putMark(DRAIN_MARKS.vip, mark(machine))],
    undo: mayBearVip(),
  }));
  const handover: Step = {
    title: "hold new clients back, and let the VIP go",
    machine: holder.name,
    commands: [handOver(vip, mark(holder), HANDOVER_S)],
    verify: vipIsElsewhere(vip),
    undo: mayBearVip(),
  };
  const arrives: Step = {
    title: "see that the VIP has come",
    machine: target.name,
    commands: [],
    verify: bears(vip, "it bears the VIP, and HAProxy answers", aliveArgv(target.address)),
  };
  const comeBack = [holder, ...others].map((machine): Step => ({
    title: "may bear the VIP again",
    machine: machine.name,
    commands: mayBearVip(),
  }));
  return [
    plannedPhase(`let ${target.name} have the VIP`, [standBack, [handover], [arrives]], group),
    plannedPhase("let the other balancers stand by", [
      comeBack,
      [{ ...arrives, title: "see that the VIP has stayed" }],
    ]),
  ];
}

function bears(vip: string, title: string, alive: readonly string[]): NonNullable<Step["verify"]> {
  const text = `[ -n "$(ip -o -4 address show to "$1/32")" ] || { echo "it does not bear $1" >&2; exit 1; }
shift
"$@"`;
  return { title, command: ask(script(text, [vip, ...alive])), timeoutMs: 15_000, intervalMs: 300 };
}
