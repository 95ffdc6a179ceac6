import { UserError } from "../../../support/errors.ts";
import { act } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Stage, Step } from "../../steps/step.ts";
import type { Topology } from "../../topology/topology.ts";
import { votersIn, witnessOf } from "../../topology/voters.ts";
import { observeArbitrator, parseArbitrator, type Arbitrator } from "../arbitrator/observe.ts";
import {
  hasNoHistory,
  historyOf,
  isPrimary,
  isUp,
  observeMember,
  parseMember,
  type Member,
} from "./member.ts";
import { positionTable } from "./position-table.ts";
import { inService } from "./probe.ts";
import { recoverMembers } from "./recover-members.ts";

/**
 * Makes the database machines one cluster, or finds that they are.
 *
 * A new history is begun only where no machine has one and none holds data. Everything else is joining, or
 * leaving Galera to restore what it saved. Where that cannot be, a person decides: the error shows what each
 * machine has.
 */
export function formClusterPhase(topology: Topology): Phase {
  const witness = witnessOf(topology, "database")?.name;
  return {
    title: "form the database cluster",
    machines: votersIn(topology, "database").map((machine) => machine.name),
    observe: (machine) => (machine === witness ? observeArbitrator() : observeMember()),
    decide: (answers) => {
      const members = [...answers]
        .filter(([machine]) => machine !== witness)
        .map(([machine, answer]) => parseMember(machine, answer));
      const answer = witness === undefined ? undefined : answers.get(witness);
      return decide(members, answer && parseArbitrator(witness!, answer));
    },
  };
}

function decide(members: readonly Member[], arbitrator: Arbitrator | undefined): readonly Stage[] {
  if (members.some(isPrimary)) return joinTheRest(members);
  if (members.every(hasNoHistory)) return beginHistory(members);
  return recoverMembers(members, arbitrator);
}

/** There is a primary component: the others join it, unless that would erase what it does not have. */
export function joinTheRest(members: readonly Member[]): readonly Stage[] {
  refuseTwoClusters(members);
  const history = members.find(isPrimary)?.status!.stateUuid;
  const outside = members.filter((member) => !isPrimary(member));
  const lost = outside.filter((member) => wouldLose(member, history!));
  if (lost.length > 0) {
    const names = lost.map((member) => member.machine).join(", ");
    throw new UserError(
      "GALERA_WOULD_ERASE",
      `joining would erase the data on ${names}, which does not come from this cluster:\n${positionTable(members)}`,
      `save /var/lib/mysql of ${names} elsewhere and empty it, then run mbctl apply again`,
    );
  }
  const late = members.filter((member) => isPrimary(member) && !member.status!.inService);
  const stages = [late.map(waitStep), ...outside.map((member) => [joinStep(member)])];
  return stages.filter((stage) => stage.length > 0);
}

/** What ends that there are two clusters: nothing can tell which of two living histories is the right one. */
export const KEEP_ONE_HISTORY =
  "decide which history to keep, stop mariadb on the machines of the other, save their /var/lib/mysql elsewhere and empty it, then run mbctl apply";

/** Throws GALERA_TWO_CLUSTERS where members of different histories are primary at once. */
export function refuseTwoClusters(members: readonly Member[]): void {
  const histories = new Set(members.filter(isPrimary).map((member) => member.status!.stateUuid));
  if (histories.size < 2) return;
  throw new UserError(
    "GALERA_TWO_CLUSTERS",
    `the database machines are in ${histories.size} clusters at once:\n${positionTable(members)}`,
    KEEP_ONE_HISTORY,
  );
}

/** A whole copy from a member replaces everything: data of another history, or of none, would be gone. */
function wouldLose(member: Member, history: string): boolean {
  if (member.isLeftOut) return true;
  const own = historyOf(member);
  if (own !== undefined) return own !== history;
  return member.holdsData && member.saved === undefined;
}

function beginHistory(members: readonly Member[]): readonly Stage[] {
  const holders = members.filter((member) => member.holdsData);
  if (holders.length > 0) {
    const names = holders.map((member) => member.machine).join(", ");
    throw new UserError(
      "GALERA_DATA_OUTSIDE",
      `there is no cluster yet, but ${names} already holds databases`,
      "dump them with mariadb-dump and drop them there, run mbctl apply again and load the dump into the cluster",
    );
  }
  const [first, ...others] = members;
  return [[bootstrapStep(first!)], ...others.map((member) => [joinStep(member)])];
}

function bootstrapStep(member: Member): Step {
  return {
    title: "begin the database cluster",
    machine: member.machine,
    // Waits first for a server that is looking for others in vain: 30 seconds.
    commands: [act(["galera_new_cluster"], { timeoutMs: 5 * 60_000 })],
    verify: inService(),
  };
}

function waitStep(member: Member): Step {
  return { title: "wait for the member", machine: member.machine, commands: [], verify: inService() };
}

/** One at a time: the member that gives the copy is not in service meanwhile. */
export function joinStep(member: Member): Step {
  const alone = member.status !== undefined && !member.status.wsrepOn;
  if (isUp(member) && !alone) return waitStep(member);
  return {
    title: "join the database cluster",
    machine: member.machine,
    commands: [act(["systemctl", alone ? "restart" : "start", "--no-block", "mariadb.service"])],
    verify: inService(),
  };
}
