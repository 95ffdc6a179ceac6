import { isUuid } from "./grastate.ts";

/** The last primary component as a member saw it: gvwstate.dat. With pc.recovery it comes back by itself once all of it is there. */
export interface SavedView {
  /** The member's own id, kept over a restart by this file. */
  readonly self: string;
  /** Grows with every change of the component. */
  readonly sequence: bigint;
  readonly members: readonly string[];
}

/** Reads gvwstate.dat; undefined when there is none, or it is empty or torn. */
export function parseSavedView(text: string): SavedView | undefined {
  const self = /^my_uuid:\s*(\S+)\s*$/m.exec(text)?.[1];
  const sequence = /^view_id:\s*\d+\s+\S+\s+(\d+)\s*$/m.exec(text)?.[1];
  const members = [...text.matchAll(/^member:\s*(\S+)\s+\d+\s*$/gm)].map(([, member]) => member!).sort();
  const whole = /^#vwbeg$/m.test(text) && /^#vwend$/m.test(text);
  if (!whole || self === undefined || sequence === undefined || members.length === 0) return undefined;
  return [self, ...members].every(isUuid) ? { self, sequence: BigInt(sequence), members } : undefined;
}
