import { UserError } from "../../../support/errors.ts";
import { NO_HISTORY } from "../../services/galera/grastate.ts";
import { hasNoHistory, historyOf, type Member } from "../../services/galera/member.ts";
import { knownPosition, positionTable } from "../../services/galera/position-table.ts";

/** What the operator said on the command line. */
export interface Wish {
  /** The machine to begin with, where a person has decided. */
  readonly from?: string | undefined;
  /** Why what may be lost may be lost; names each machine that is there and holds more. */
  readonly acceptLoss?: string | undefined;
}

/** With whom a cluster begins again, and who must not join as it is. */
export interface Choice {
  readonly beginner: Member;
  /** Members that hold what the beginner lacks: joining would erase it. */
  readonly leftOut: readonly Member[];
  /** What the cluster will not have any more, one clause each; empty for a choice that loses nothing. */
  readonly losses: readonly string[];
}

/**
 * Decides with which member a cluster without a primary component begins again.
 *
 * By itself it decides only where nothing can be lost: every machine answered, all data are of one history, every
 * position is known, and nobody is ahead of the chosen one. Positions of different histories are never compared:
 * after a second bootstrap the stale one can have the larger number. Everything else needs a person, who names the
 * machine and says why the loss is accepted. A reason that was written for a machine which is gone is none for one that
 * is there and ahead: such a one must be named in it too.
 *
 * Throws GALERA_NO_BEGINNER, GALERA_RECOVERY_UNSURE, GALERA_FROM_UNUSABLE or GALERA_LOSS_NOT_ACCEPTED.
 *
 * @param silent machines that could not be asked
 */
export function chooseBeginner(members: readonly Member[], silent: readonly string[], wish: Wish): Choice {
  const candidates = members.filter(canBegin);
  return wish.from === undefined
    ? chooseAlone(members, silent, candidates)
    : chooseNamed(members, silent, wish.from, wish);
}

/**
 * Whether the cluster could go on with this member's data. A saved state of the empty history, or a copy that did
 * not end, means that the data belong to nothing, whatever the storage engine says; and place 0 is the place of a
 * history in which nothing was ever written.
 */
function canBegin(member: Member): boolean {
  const position = knownPosition(member);
  return position !== undefined && position.seqno > 0n && !isUnfinished(member);
}

/** Its data have a place in a history, which nobody has asked them for yet. */
function isToBeAsked(member: Member): boolean {
  return knownPosition(member) === undefined && !hasNoHistory(member) && !isUnfinished(member);
}

function isUnfinished(member: Member): boolean {
  return member.isCopying === true || member.saved?.uuid === NO_HISTORY;
}

function chooseAlone(
  members: readonly Member[],
  silent: readonly string[],
  candidates: readonly Member[],
): Choice {
  const [first, ...rest] = candidates;
  const best = first && rest.reduce((most, member) => (isBefore(most, member) ? member : most), first);
  const doubts = doubtsOf(members, silent, best);
  if (best && doubts.length === 0) return { beginner: best, leftOut: [], losses: [] };
  if (
    !best &&
    members.every((member) => knownPosition(member) ?? (hasNoHistory(member) || isUnfinished(member)))
  ) {
    throw new UserError(
      "GALERA_NO_BEGINNER",
      `no database machine has data that a cluster could begin with:\n${tableOf(members, silent)}`,
      silent.length > 0
        ? `bring ${silent.join(", ")} back, or restore a backup`
        : "restore a backup; where there never was any data, mbctl apply begins a new cluster",
    );
  }
  const ways = members
    .filter((member) => canBegin(member) || isToBeAsked(member))
    .map((member) => wayOut(member, members, silent));
  throw new UserError(
    "GALERA_RECOVERY_UNSURE",
    `with which member the cluster should begin again is not certain: ${doubts.join("; ")}:\n${tableOf(members, silent)}`,
    [
      "bring back what is missing and run it again",
      ...(ways.length > 0 ? [`or decide yourself:\n${ways.join("\n")}`] : []),
    ].join("; "),
  );
}

/** A stays the better one where both are as far; the flag of the last one to leave, or a running server, decides. */
function isBefore(a: Member, b: Member): boolean {
  const [mine, theirs] = [knownPosition(a)!.seqno, knownPosition(b)!.seqno];
  if (mine !== theirs) return mine < theirs;
  const rank = (member: Member) => Number(isTrustedFlag(member)) * 2 + Number(member.status !== undefined);
  return rank(a) < rank(b);
}

/** The flag says "I was the last to leave", but only beside a saved place in a history. */
export function isTrustedFlag({ saved }: Member): boolean {
  return saved !== undefined && saved.safeToBootstrap && saved.uuid !== NO_HISTORY && saved.seqno !== -1n;
}

function doubtsOf(
  members: readonly Member[],
  silent: readonly string[],
  best: Member | undefined,
): readonly string[] {
  const histories = new Set(members.map(historyOf).filter((history) => history !== undefined));
  const blank = members.filter(hasNoHistory);
  const unfinished = members.filter((member) => !hasNoHistory(member) && isUnfinished(member));
  const unknown = members.filter(isToBeAsked);
  const flagged = members.filter((member) => best && isTrustedFlag(member) && isBehind(member, best));
  const about = (some: readonly Member[], clause: string) =>
    some.length > 0 ? [`${names(some)} ${clause}`] : [];
  return [
    ...(silent.length > 0 ? [`${silent.join(", ")} did not answer`] : []),
    ...(histories.size > 1
      ? [`there are ${histories.size} histories, whose positions cannot be compared`]
      : []),
    ...about(blank, "has no history (what it held is not known)"),
    ...about(unfinished, "was receiving a whole copy that did not end"),
    ...about(unknown, "does not know its position"),
    ...about(flagged, `says that it left last, but ${best?.machine} is ahead of it`),
  ];
}

function isBehind(member: Member, other: Member): boolean {
  return knownPosition(member)!.seqno < knownPosition(other)!.seqno;
}

function chooseNamed(
  members: readonly Member[],
  silent: readonly string[],
  from: string,
  { acceptLoss }: Wish,
): Choice {
  const beginner = members.find(({ machine }) => machine === from);
  if (!beginner || !canBegin(beginner)) {
    const why = beginner
      ? "its data have no place in a history"
      : "it did not answer, or is no database machine";
    throw new UserError(
      "GALERA_FROM_UNUSABLE",
      `the cluster cannot begin with ${from}: ${why}:\n${tableOf(members, silent)}`,
      "name a machine that has a history and a position in the table",
    );
  }
  const losses = lossesOf(beginner, members, silent);
  const leftOut = members.filter((member) => member !== beginner && hasMore(member, beginner));
  const unnamed = leftOut.filter(({ machine }) => !isNamedIn(acceptLoss ?? "", machine));
  if (losses.length > 0 && (acceptLoss === undefined || unnamed.length > 0)) {
    const short = acceptLoss === undefined ? "" : `, and the reason does not name ${names(unnamed)}`;
    throw new UserError(
      "GALERA_LOSS_NOT_ACCEPTED",
      `to begin with ${from} may lose ${losses.join("; ")}${short}:\n${tableOf(members, silent)}`,
      `if that may be lost, say why: ${commandFor(beginner, leftOut)}; else name another machine`,
    );
  }
  return { beginner, leftOut, losses };
}

function isNamedIn(reason: string, machine: string): boolean {
  return reason
    .toLowerCase()
    .split(/[^a-z0-9-]+/)
    .includes(machine);
}

function commandFor({ machine }: Member, leftOut: readonly Member[]): string {
  const reason = leftOut.length > 0 ? `<reason, which names ${names(leftOut)}>` : "<reason>";
  return `mbctl recover galera --from ${machine} --accept-loss "${reason}"`;
}

/** What would be missing from a cluster that begins with this member, as far as anybody can know. */
export function lossesOf(
  beginner: Member,
  members: readonly Member[],
  silent: readonly string[],
): readonly string[] {
  const mine = knownPosition(beginner)!;
  const others = members.filter((member) => member !== beginner);
  return [
    ...others.flatMap((member) => {
      const theirs = knownPosition(member);
      if (isUnfinished(member) || hasNoHistory(member)) return [];
      if (historyOf(member) !== mine.uuid)
        return [`everything of ${member.machine}, which has another history`];
      if (!theirs) return [`what ${member.machine} has after ${mine.seqno}: its position is not known`];
      const ahead = theirs.seqno - mine.seqno;
      return ahead > 0n
        ? [
            `${ahead} ${ahead === 1n ? "writeset" : "writesets"} that ${member.machine} has and ${beginner.machine} has not`,
          ]
        : [];
    }),
    ...others
      .filter((member) => hasNoHistory(member) || isUnfinished(member))
      .map(({ machine }) => `what ${machine} held before it had no data of its own`),
    ...silent.map((machine) => `what ${machine} has after ${mine.seqno}: it did not answer`),
  ];
}

function hasMore(member: Member, beginner: Member): boolean {
  if (hasNoHistory(member) || isUnfinished(member)) return false;
  const [mine, theirs] = [knownPosition(beginner)!, knownPosition(member)];
  return historyOf(member) !== mine.uuid || theirs === undefined || theirs.seqno > mine.seqno;
}

function wayOut(member: Member, members: readonly Member[], silent: readonly string[]): string {
  if (!knownPosition(member))
    return `  ${commandFor(member, [])}   what it may lose is known when its data have been asked: it is refused again where others hold more`;
  const losses = lossesOf(member, members, silent);
  const price = losses.length > 0 ? `may lose ${losses.join("; ")}` : "loses nothing that is known of";
  const leftOut = members.filter((other) => other !== member && hasMore(other, member));
  return `  ${commandFor(member, leftOut)}   ${price}`;
}

/** The table of positions, with the machines that said nothing. */
export function tableOf(members: readonly Member[], silent: readonly string[]): string {
  return [positionTable(members), ...silent.map((machine) => `  ${machine}  did not answer`)].join("\n");
}

function names(members: readonly Member[]): string {
  return members.map(({ machine }) => machine).join(", ");
}
