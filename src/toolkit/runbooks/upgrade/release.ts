import { serializeDrainMark } from "../../../contract/drain-mark.ts";
import { RELEASE } from "../../../contract/release-layout.ts";
import { UserError } from "../../../support/errors.ts";
import { makeCurrent, switchTo, uploadPhase, type MachineState, type Release } from "../../release/index.ts";
import type { RunIdentity } from "../../runner/plan.ts";
import * as haproxy from "../../services/haproxy/drain.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Gate, Step } from "../../steps/step.ts";
import { waitFor } from "../../steps/wait-for.ts";
import { markOf } from "../drain/arguments.ts";
import { backInto, letEnd, outOf } from "../drain/mail-steps.ts";
import { hasItsSay } from "../rolling/one-by-one.ts";

/** The unit lets open transactions end before it stops. */
const RESTART_TIMEOUT_MS = 180_000;

export interface ReleaseUpgrade {
  readonly release: Release;
  /** Mail machines that run, or have for current, another release, in the order of work. */
  readonly machines: readonly Upgraded[];
  /** The one among them whose node votes and takes no mail. */
  readonly witness?: string | undefined;
  readonly balancers: readonly string[];
  readonly run: RunIdentity;
}

interface Upgraded {
  readonly name: string;
  readonly state: MachineState;
  /** Whether its node was a member of the mail nodes' cluster, and must be one again before the next one goes. */
  readonly isMember: boolean;
}

/**
 * Uploads the release everywhere, then restarts the mail nodes with it one after the other, each out of the balancers
 * meanwhile. One that does not take mail with it, or does not find back to the others, gets the earlier release back, and no
 * other machine is touched.
 *
 * Titles bear the id, so that a resumed run of another version does not take them for done.
 */
export function releasePhases(upgrade: ReleaseUpgrade): readonly Phase[] {
  const { release, machines, witness } = upgrade;
  if (machines.length === 0) return [];
  const names = machines.map(({ name }) => name);
  return [
    { ...uploadPhase(release, names), title: `upload mbnode ${release.id}` },
    ...machines.flatMap((machine) =>
      machine.name === witness ? [restartPhase(release, machine, status())] : oneMachine(upgrade, machine),
    ),
  ];
}

function oneMachine({ release, balancers, run }: ReleaseUpgrade, machine: Upgraded): readonly Phase[] {
  const { name } = machine;
  const group = groupOf(release, name);
  const mark = serializeDrainMark(
    markOf({ machine: name, reason: `upgrade to ${release.id}` }, run, "drain"),
  );
  const out = balancers.map((balancer): Step => ({
    ...outOf(balancer, name, mark),
    undo: haproxy.putBack(name),
  }));
  const end = balancers.map((balancer) => letEnd(balancer, name));
  const back = balancers.map((balancer) => backInto(balancer, name));
  return [
    plannedPhase(`take the mail node of ${name} out of every balancer for ${release.id}`, [out, end], group),
    restartPhase(release, machine, status("--ready")),
    plannedPhase(`put the mail node of ${name} back into every balancer with ${release.id}`, [back], group),
  ];
}

function groupOf(release: Release, name: string): string {
  return `run mbnode ${release.id} on ${name}`;
}

function restartPhase(release: Release, { name, state, isMember }: Upgraded, proof: Proof): Phase {
  const gate = runs(release.id, proof);
  const earlier = earlierOf(name, state);
  const start: Step = {
    title: `run ${release.id} instead of ${earlier}`,
    machine: name,
    unless: gate.command,
    commands: [...makeCurrent(release, name, state), restart()],
    verify: gate,
    // What is taken back after it may be another mail node.
    undo: [switchTo(earlier), restart(), waitFor(runs(earlier, proof))],
  };
  return plannedPhase(
    `restart the mail node of ${name} with ${release.id}`,
    [[start], isMember ? [hasItsSay(name)] : []],
    groupOf(release, name),
  );
}

/** Throws UPGRADE_NO_RELEASE: what was never there cannot be upgraded, nor given back. */
function earlierOf(machine: string, { running, current }: MachineState): string {
  const earlier = running ?? current;
  if (earlier !== undefined) return earlier;
  throw new UserError(
    "UPGRADE_NO_RELEASE",
    `${machine} has no mail node yet that could be upgraded`,
    "deploy it first: mbctl apply",
  );
}

function restart(): Command {
  return act(["systemctl", "restart", RELEASE.unit], { timeoutMs: RESTART_TIMEOUT_MS });
}

/** What the node must say of itself, as options of its `status`: that it takes mail, or of a witness that it is well. */
interface Proof {
  readonly says: string;
  readonly options: readonly string[];
}

function status(...options: readonly string[]): Proof {
  return { says: options.length > 0 ? "takes mail" : "is well", options };
}

/** The release of the running process, which is not always that of the link; both, and the node's own word. */
function runs(id: string, { says, options }: Proof): Gate {
  return {
    title: `the mail node runs ${id} and ${says}`,
    command: ask(script(RUNS, [RELEASE.running, id, RELEASE.program, RELEASE.current, ...options]), {
      timeoutMs: 30_000,
    }),
    timeoutMs: 60_000,
    intervalMs: 500,
  };
}

const RUNS = `
found=$(cat "$1")
[ "$found" = "$2" ] || { echo "it runs $found" >&2; exit 1; }
linked=$(basename "$(readlink "$4")")
[ "$linked" = "$2" ] || { echo "its link names $linked" >&2; exit 1; }
program=$3
shift 4
"$program" status "$@"`;
