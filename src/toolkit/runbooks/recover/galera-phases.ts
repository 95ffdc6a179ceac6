import { UserError } from "../../../support/errors.ts";
import { keepArbitratorOut, startArbitrator } from "../../services/arbitrator/form-arbitrator.ts";
import { observeArbitrator, parseArbitrator, type Arbitrator } from "../../services/arbitrator/observe.ts";
import { arbitratorProbe } from "../../services/arbitrator/probe.ts";
import { joinTheRest } from "../../services/galera/form-cluster.ts";
import { isPrimary, isUp, observeMember, parseMember, type Member } from "../../services/galera/member.ts";
import { knownPosition } from "../../services/galera/position-table.ts";
import { inService } from "../../services/galera/probe.ts";
import { lastComponent, restoreStage } from "../../services/galera/recover-members.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Stage, Step } from "../../steps/step.ts";
import { chooseBeginner, tableOf, type Wish } from "./choose-beginner.ts";
import {
  beganCluster,
  beginCluster,
  clearAllMarks,
  clearMarks,
  gate,
  hasNoMarks,
  isDown,
  isOneOf,
  leaveOut,
  promote,
  recoverPosition,
  restartMember,
  setMark,
  stopMember,
  untilNoCopy,
} from "./galera-commands.ts";
import { isSettled } from "./settled.ts";

/** Who is asked, who could not be, and what the operator wants. */
export interface Recovery {
  readonly machines: readonly string[];
  readonly silent: readonly string[];
  readonly wish: Wish;
  /** The machine of the arbitrator, where there is one that answers. */
  readonly arbitrator?: string | undefined;
}

/**
 * Brings back a database cluster: each phase looks first, so that a run that was ended anywhere goes on, and a
 * cluster that came back by itself in the meantime is left alone.
 */
export function galeraPhases(recovery: Recovery): readonly Phase[] {
  return [
    askThePositions(recovery),
    begin(recovery),
    join(recovery),
    becomeOrdinary(recovery),
    agree(recovery),
    ...letArbitratorJoin(recovery),
  ];
}

/** Stops what looks for the others in vain, and asks the data of members whose saved state has no position. */
function askThePositions(recovery: Recovery): Phase {
  const { wish } = recovery;
  return phase("find out where the database members stand", recovery, (members, arbitrator) => {
    const marked = members.filter(({ isMarked }) => isMarked).map(clearStep);
    // systemd starts nothing beside it, for whatever reason it would be started.
    const lingering = members.filter(({ isLingering }) => isLingering).map(stopStep);
    if (returnsByItself(members, wish, arbitrator)) return [marked, lingering];
    const survivor = loneSurvivor(members);
    const down = members.filter((member) => member !== survivor);
    const unknown = down.filter((member) => !isSettled(member) && !member.isCopying);
    return [
      marked,
      [...lingering, ...down.filter(isUp).map(stopStep)],
      unknown.map((member) =>
        step(member, "ask the data for their position", { commands: [recoverPosition()] }),
      ),
    ];
  });
}

/** Somebody becomes primary: the members of the saved view together, or one that nobody is ahead of. */
function begin(recovery: Recovery): Phase {
  const { silent, wish } = recovery;
  return phase("begin the database cluster again", recovery, (members, arbitrator) => {
    if (members.some(isPrimary)) return [];
    const component = wish.from === undefined ? lastComponent(members, arbitrator) : undefined;
    if (component) {
      // Galera restores it only while exactly its members see each other: who is not of it joins later.
      const outside = members.filter((member) => !component.includes(member));
      return [outside.filter(isUp).map(stopStep), restoreStage(component, arbitrator)];
    }
    const { beginner, leftOut, losses } = chooseBeginner(members, silent, wish);
    const others = members.filter((member) => member !== beginner);
    const price =
      losses.length > 0 ? `, accepting the loss (${wish.acceptLoss}) of ${losses.join("; ")}` : "";
    const title = `begin with ${placeOf(beginner)}${price}`;
    return [
      arbitrator ? [keepArbitratorOut(arbitrator.machine)] : [],
      others.filter(isUp).map(stopStep),
      leftOut.map((member) =>
        step(member, "keep the member out, so that its data are not erased", { commands: [leaveOut()] }),
      ),
      others.map((member) =>
        step(member, "take every bootstrap mark away", {
          commands: [clearAllMarks()],
          verify: gate("no database server runs and no bootstrap mark is left", isDown()),
        }),
      ),
      ...(isSurvivor(beginner)
        ? [[step(beginner, title, { commands: [promote()], verify: inService() })]]
        : [
            [step(beginner, "set the bootstrap mark", { commands: [setMark()] })],
            [step(beginner, title, { commands: [beginCluster()], verify: inService() })],
          ]),
    ];
  });
}

function join(recovery: Recovery): Phase {
  return phase("join the other database members", recovery, (members) => {
    if (!members.some(isPrimary)) throw noPrimary(tableOf(members, []));
    return joinTheRest(members);
  });
}

/** The member that began was told so by its arguments: it is started once more without, when others carry on. */
function becomeOrdinary({ machines, arbitrator }: Recovery): Phase {
  return {
    title: "let the member that began be like the others",
    machines,
    observe: beganCluster,
    decide: (answers) => {
      const said = machines.map((machine) => ({ machine, lines: answers.get(machine)!.stdout.split("\n") }));
      const sizes = said.flatMap(({ lines }) => lines.map((line) => Number(/^size\t(\d+)$/.exec(line)?.[1])));
      const size = Math.max(0, ...sizes.filter(Number.isInteger));
      if (size === 0) throw noPrimary("no database machine is in one");
      // Alone it would find nobody to join. An arbitrator has nothing to give: only members that answer count beside one.
      const others = arbitrator === undefined ? size : said.filter(({ lines }) => lines.some(isSize)).length;
      if (others === 1) return [];
      return said
        .filter(({ lines }) => lines.includes("began"))
        .flatMap(({ machine }) => [
          untilNoCopy(said.filter(({ lines }) => lines.some(isSize)).map((each) => each.machine)),
          [
            {
              title: "restart the member that began, as an ordinary one",
              machine,
              commands: [clearAllMarks(), restartMember()],
              verify: inService(),
            },
          ],
        ]);
    },
  };
}

function isSize(line: string): boolean {
  return /^size\t[1-9]/.test(line);
}

/** One history, and every member counts as many. */
function agree(recovery: Recovery): Phase {
  return phase("see that the database members are one cluster", recovery, (members) => {
    const primary = members.find(isPrimary);
    if (!primary) throw noPrimary(tableOf(members, []));
    const history = primary.status!.stateUuid;
    const isWhole = (member: Member) =>
      member.status?.inService &&
      member.status.stateUuid === history &&
      member.status.clusterSize >= members.length;
    return [
      members
        .filter((member) => !isWhole(member))
        .map((member) =>
          step(member, "wait for the whole cluster", {
            verify: gate("every member sees the same cluster", isOneOf(history, members.length), 60_000),
          }),
        ),
    ];
  });
}

/** Last: its vote must not make one member look like two. */
function letArbitratorJoin({ arbitrator }: Recovery): readonly Phase[] {
  if (arbitrator === undefined) return [];
  return [
    {
      title: "let the arbitrator join the database cluster",
      machines: [arbitrator],
      observe: arbitratorProbe,
      decide: (answers) => (answers.get(arbitrator)?.code === 0 ? [] : [[startArbitrator(arbitrator)]]),
    },
  ];
}

/** A phase over the members that take part: one that an earlier recovery left out is as good as not there. */
function phase(
  title: string,
  { machines, arbitrator }: Recovery,
  decide: (members: readonly Member[], arbitrator: Arbitrator | undefined) => readonly Stage[],
): Phase {
  return {
    title,
    machines: arbitrator === undefined ? machines : [...machines, arbitrator],
    observe: (machine) => (machine === arbitrator ? observeArbitrator() : observeMember()),
    decide: (answers) => {
      const vote =
        arbitrator === undefined ? undefined : parseArbitrator(arbitrator, answers.get(arbitrator)!);
      // In the order of the description: answers come in that of their arrival.
      const members = machines.map((machine) => parseMember(machine, answers.get(machine)!));
      const present = members.filter((member) => !member.isLeftOut);
      return decide(present, vote).filter((stage) => stage.length > 0);
    },
  };
}

type Parts = Pick<Step, "commands" | "verify">;

function step({ machine }: Member, title: string, parts: Partial<Parts>): Step {
  return { title, machine, commands: [], ...parts };
}

/** A mark that was forgotten somewhere would make a second cluster of the member's next start. */
function clearStep(member: Member): Step {
  return step(member, "take a forgotten bootstrap mark away", {
    commands: [clearMarks()],
    verify: gate("the next start joins the others", hasNoMarks()),
  });
}

function stopStep(member: Member): Step {
  return step(member, "stop the database server", { commands: [stopMember()] });
}

/** Whether nobody has to be chosen: there is a primary component, or all of the last one are here. */
export function returnsByItself(
  members: readonly Member[],
  wish: Wish,
  arbitrator: Arbitrator | undefined,
): boolean {
  return (
    members.some(isPrimary) || (wish.from === undefined && lastComponent(members, arbitrator) !== undefined)
  );
}

/** The one server that still runs and answers, but has lost its majority. Of two nobody knows which one to keep. */
function loneSurvivor(members: readonly Member[]): Member | undefined {
  const survivors = members.filter(isSurvivor);
  return survivors.length === 1 ? survivors[0] : undefined;
}

function isSurvivor(member: Member): boolean {
  return member.unit === "active" && member.status?.wsrepOn === true && !isPrimary(member);
}

function placeOf(member: Member): string {
  const { uuid, seqno } = knownPosition(member)!;
  return `the data of ${member.machine}, which stand at ${uuid}:${seqno}`;
}

function noPrimary(found: string): UserError {
  return new UserError(
    "GALERA_NO_PRIMARY",
    `the database cluster has no primary component:\n${found}`,
    "run mbctl recover galera again: it looks anew",
  );
}
