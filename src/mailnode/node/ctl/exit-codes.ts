import { problemCode, type Problem } from "../../../contract/api-problem.ts";

/** What `mbnode ctl` ends with: a script can tell from it whether trying again is safe. */
export const CTL_EXIT = {
  done: 0,
  /** The node, or the state, said no; or nobody answers on this machine. Nothing was changed. */
  refused: 1,
  /** The cluster took nothing, mostly for want of a quorum. Nothing was changed; try again. */
  notTaken: 4,
  /** Nobody knows whether it was done. Look before trying again. */
  unclear: 5,
  /**
   * It is done and stays, on fewer disks than were asked for or without its record; or, below a quorum, it may yet be
   * lost.
   */
  weak: 6,
} as const;

/** The exit code that goes with a problem. */
export function exitCodeOf(problem: Problem): number {
  switch (problemCode(problem)) {
    case "not-proposed":
      return CTL_EXIT.notTaken;
    case "outcome-unknown":
      return CTL_EXIT.unclear;
    case "level-not-met":
    case "not-recorded":
      return CTL_EXIT.weak;
    default:
      return CTL_EXIT.refused;
  }
}
