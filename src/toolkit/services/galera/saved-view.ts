import { isUuid } from "./grastate.ts";

/** The last primary component as a member saw it: gvwstate.dat. With pc.recovery it comes back by itself once all of it is there. */
export interface SavedView {
  /** The member's own id, kept over a restart by this file. Without its incarnation. */
  readonly self: string;
  /** Grows with every change of the component. */
  readonly sequence: bigint;
  readonly members: readonly string[];
}

/**
 * Reads gvwstate.dat; undefined when there is none, or it is empty or torn.
 *
 * The fourth group of an id counts the member's starts: after one start in vain the file's "my_uuid" is ahead of
 * the same member's line in the view. Galera compares ids without it, and so must we.
 */
export function parseSavedView(text: string): SavedView | undefined {
  const self = /^my_uuid:\s*(\S+)\s*$/m.exec(text)?.[1];
  const sequence = /^view_id:\s*\d+\s+\S+\s+(\d+)\s*$/m.exec(text)?.[1];
  const members = [...text.matchAll(/^member:\s*(\S+)\s+\d+\s*$/gm)].map(([, member]) => member!);
  const whole = /^#vwbeg$/m.test(text) && /^#vwend$/m.test(text);
  if (!whole || self === undefined || sequence === undefined || members.length === 0) return undefined;
  if (![self, ...members].every(isUuid)) return undefined;
  return { self: lasting(self), sequence: BigInt(sequence), members: members.map(lasting).sort() };
}

function lasting(id: string): string {
  return id.replace(/-[0-9a-f]{4}-(?=[0-9a-f]{12}$)/, "-*-");
}
