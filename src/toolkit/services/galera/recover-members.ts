import { UserError } from "../../../support/errors.ts";
import { act } from "../../steps/command.ts";
import type { Stage, Step } from "../../steps/step.ts";
import { ARBITRATOR_UNIT } from "../arbitrator/names.ts";
import type { Arbitrator } from "../arbitrator/observe.ts";
import { hasNoHistory, historyOf, isUp, type Member } from "./member.ts";
import { positionTable } from "./position-table.ts";
import { inService } from "./probe.ts";

/** A member that finds the others in vain gives up after 30 seconds and tries again 5 seconds later. */
const RECOVERY_TIMEOUT_MS = 3 * 60_000;

/**
 * There is data and no primary component. The one safe way by itself: start together exactly the members of
 * the last view that they saved, and Galera restores it. Everything else needs a person.
 */
export function recoverMembers(
  members: readonly Member[],
  arbitrator: Arbitrator | undefined,
): readonly Stage[] {
  const component = lastComponent(members, arbitrator);
  if (!component) throw refusal(members);
  const others = members.filter((member) => !component.includes(member));
  return [
    restoreStage(component, arbitrator),
    ...others.map((member) => [restoreStep(member, "join the database cluster")]),
  ];
}

/**
 * The members of the newest saved view, when all of them are here with that same view: nobody else can know
 * more. A member that has history but no saved view left cleanly, maybe after the others crashed: no answer. Where the view names an
 * arbitrator, it must be there too: Galera waits for all.
 */
export function lastComponent(
  members: readonly Member[],
  arbitrator: Arbitrator | undefined,
): readonly Member[] | undefined {
  if (members.some((member) => !hasNoHistory(member) && !member.view)) return undefined;
  const histories = new Set(members.map(historyOf).filter((history) => history !== undefined));
  if (histories.size > 1) return undefined;
  const viewed = members.filter((member) => member.view);
  const newest = viewed.reduce((most, { view }) => (view!.sequence > most ? view!.sequence : most), -1n);
  const holders = viewed.filter(({ view }) => view!.sequence === newest);
  const votes = arbitrator?.view?.sequence === newest ? [arbitrator.view.self] : [];
  const ids = [...holders.map(({ view }) => view!.self), ...votes].sort().join();
  return holders.length > 0 && holders.every(({ view }) => view!.members.join() === ids)
    ? holders
    : undefined;
}

/** Starts all of a component together: each waits for the others. */
export function restoreStage(component: readonly Member[], arbitrator: Arbitrator | undefined): Stage {
  const start = act(["systemctl", "start", "--no-block", ARBITRATOR_UNIT]);
  return [
    ...component.map((member) => restoreStep(member)),
    ...(arbitrator && !arbitrator.isRunning
      ? [{ title: "start the arbitrator", machine: arbitrator.machine, commands: [start] }]
      : []),
  ];
}

/** Starts a member that has a saved view, or waits for one that looks for the others already. */
export function restoreStep(member: Member, title = "restore the saved primary component"): Step {
  const commands = isUp(member) ? [] : [act(["systemctl", "start", "--no-block", "mariadb.service"])];
  return { title, machine: member.machine, commands, verify: inService(RECOVERY_TIMEOUT_MS) };
}

function refusal(members: readonly Member[]): UserError {
  return new UserError(
    "GALERA_NO_PRIMARY",
    `the database cluster has no primary component and cannot restore one by itself:\n${positionTable(members)}`,
    remedy(members),
  );
}

function remedy(members: readonly Member[]): string {
  const histories = new Set(members.map(historyOf).filter((history) => history !== undefined));
  const differ =
    histories.size > 1
      ? "; the histories differ and their positions cannot be compared, so it will ask you which one is yours"
      : "";
  return `mbctl recover galera, which asks the data of every machine for their position and begins with the foremost${differ}`;
}
