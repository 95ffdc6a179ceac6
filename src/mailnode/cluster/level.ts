import type { ConsistencyLevel } from "../../contract/cluster-api.ts";

/** More than half of the voters. */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** How many replicas a level asks for in a cluster of so many members with a disk; never more than there are. */
export function replicasOf(level: ConsistencyLevel, voters: number): number {
  switch (level) {
    case "one":
      return 1;
    case "two":
      return Math.min(2, voters);
    case "three":
      return Math.min(3, voters);
    case "quorum":
      return majority(voters);
    case "all":
      return voters;
  }
}
