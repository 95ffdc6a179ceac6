import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import { observeArbitrator, parseArbitrator } from "../../services/arbitrator/observe.ts";
import { refuseTwoClusters } from "../../services/galera/form-cluster.ts";
import { isPrimary, observeMember, parseMember } from "../../services/galera/member.ts";
import { LEFT_OUT_FILE } from "../../services/galera/names.ts";
import { machinesWith } from "../../topology/topology.ts";
import { votersIn, witnessOf } from "../../topology/voters.ts";
import type { Runbook } from "../runbook.ts";
import { chooseBeginner, tableOf, type Wish } from "./choose-beginner.ts";
import { galeraPhases, returnsByItself } from "./galera-phases.ts";
import { isSettled } from "./settled.ts";

/**
 * Brings the database cluster back after it lost its primary component, without losing a committed write.
 *
 * It takes the gentlest way that there is: where somebody is primary the others join; where the members of the last
 * component are all there, they are started together, and Galera restores it; else the data are asked for their
 * positions and the member that nobody is ahead of begins. What cannot be known is a person's to decide.
 */
export const recoverGalera: Runbook<Wish> = {
  name: "recover galera",
  summary: "bring the database cluster back after it lost its primary component",
  arguments: z.strictObject({ from: z.string().optional(), acceptLoss: z.string().min(1).optional() }),
  isRepeatable: true,
  // A refusal in the middle of a run is answered by naming the machine to go on with.
  supersedes: () => true,
  survey: ({ topology }) => ({
    machines: votersIn(topology, "database").map(({ name }) => name),
    command: (name) =>
      name === witnessOf(topology, "database")?.name ? observeArbitrator() : observeMember(),
  }),
  plan: ({ topology }, wish, answers) => {
    const all = machinesWith(topology, "database").map(({ name }) => name);
    const machines = all.filter((name) => answers.has(name));
    const silent = all.filter((name) => !answers.has(name));
    const members = machines.map((name) => parseMember(name, answers.get(name)!));
    const table = tableOf(members, silent);
    const witness = witnessOf(topology, "database")?.name;
    const vote = witness === undefined ? undefined : answers.get(witness);
    const arbitrator = vote && parseArbitrator(witness!, vote);
    refuseWish(wish, all);
    if (members.length === 0) {
      throw new UserError(
        "GALERA_UNREACHABLE",
        `none of the database machines ${all.join(", ")} can be reached`,
        "bring one of them back, see mbctl status",
      );
    }
    refuseTwoClusters(members);
    if (wish.from !== undefined && members.some(isPrimary)) {
      throw new UserError(
        "GALERA_HAS_PRIMARY",
        `the database cluster has a primary component, so nothing is begun with ${wish.from}:\n${table}`,
        "leave --from away: the others then join",
      );
    }
    if (members.some(({ machine, isLeftOut }) => isLeftOut && machine === wish.from)) {
      throw new UserError(
        "GALERA_FROM_UNUSABLE",
        `the cluster cannot begin with ${wish.from}: an earlier recovery went on without its data:\n${table}`,
        `if its data are the right ones after all, remove ${LEFT_OUT_FILE} there and run it again`,
      );
    }
    const present = members.filter(({ isLeftOut }) => !isLeftOut);
    // What is known now is refused now. The phases look again, when the data of those that are down were asked.
    const isClear = present.every(isSettled) || (silent.length > 0 && wish.from === undefined);
    const choice =
      isClear && !returnsByItself(present, wish, arbitrator)
        ? chooseBeginner(present, silent, wish)
        : undefined;
    return {
      phases: galeraPhases({ machines, silent, wish, arbitrator: arbitrator?.machine }),
      notes: [
        `where the database machines stand:\n${table}`,
        ...(choice && choice.losses.length > 0 ? [`what may be lost: ${choice.losses.join("; ")}`] : []),
        ...(wish.from === undefined ? [] : silent.map(beforeItReturns)),
        ...(witness !== undefined && !arbitrator
          ? [`the arbitrator on ${witness} does not answer: it joins by itself when it is back`]
          : []),
      ],
      next: "mbctl status",
    };
  },
};

/**
 * It was not there to be left out. Of a member that is ahead, Galera notices nothing any more once the others have
 * written as much.
 */
function beforeItReturns(machine: string): string {
  return `${machine} does not answer: when it comes back, stop mariadb there, save /var/lib/mysql elsewhere and empty it before it joins, unless its data are older`;
}

function refuseWish({ from, acceptLoss }: Wish, machines: readonly string[]): void {
  if (from === undefined && acceptLoss !== undefined) {
    throw new UserError(
      "GALERA_FROM_MISSING",
      `--accept-loss ${JSON.stringify(acceptLoss)} says what may be lost, but not which machine to go on with`,
      `add --from with one of ${machines.join(", ")}`,
    );
  }
  if (from !== undefined && !machines.includes(from)) {
    throw new UserError(
      "GALERA_FROM_UNUSABLE",
      `the cluster cannot begin with ${from}: the database machines are ${machines.join(", ")}`,
      "name one of them",
    );
  }
}
