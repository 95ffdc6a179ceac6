import { UserError } from "../../../support/errors.ts";
import type { Machine } from "../../topology/topology.ts";

/**
 * How many of `count` machines may be worked on at a time: "2", or a share such as "25%". A share is not exceeded,
 * except that one machine always goes. Throws BATCH_UNREADABLE.
 */
export function batchSize(text: string, count: number): number {
  const [, digits, percent] = /^(\d{1,6})(%)?$/.exec(text) ?? [];
  const number = Number(digits ?? 0);
  if (number === 0 || (percent && number > 100)) {
    throw new UserError(
      "BATCH_UNREADABLE",
      `${JSON.stringify(text)} is no size of a batch`,
      'write a number of machines, such as "1", or a share of them, such as "25%"',
    );
  }
  return percent ? Math.max(1, Math.floor((count * number) / 100)) : number;
}

/**
 * Cuts machines into batches, in their order. Two machines of one role never share a batch: database members, caches
 * with their Sentinels, bricks and mail nodes each decide by majority, and of two balancers one must bear the VIP. A
 * witness votes with all of them, and goes alone.
 */
export function batches(machines: readonly Machine[], size: number): readonly (readonly Machine[])[] {
  const cut: Machine[][] = [];
  for (const machine of machines) {
    const last = cut.at(-1);
    if (last && last.length < size && !last.some((other) => shareRole(machine, other))) last.push(machine);
    else cut.push([machine]);
  }
  return cut;
}

function shareRole(a: Machine, b: Machine): boolean {
  const votesWithAll = [a, b].some(({ roles }) => roles.includes("witness"));
  return votesWithAll || a.roles.some((role) => b.roles.includes(role));
}
