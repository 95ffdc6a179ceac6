import { UserError } from "../../../support/errors.ts";
import type { BlockingDisk } from "../../disk/blocking-disk.ts";
import { hasCode, type Disk } from "../../disk/disk.ts";
import { describeEnding } from "./describe-ending.ts";

import { readDirectory } from "./inspect-log.ts";
import { SnapshotStore } from "./snapshot-store.ts";

/** Exit codes, so that scripts can tell what a node will make of its log. 1 is left to commands that fail. */
export const VERIFY_EXIT = { whole: 0, torn: 3, corrupt: 4 } as const;

export interface Verdict {
  readonly text: string;
  readonly exitCode: (typeof VERIFY_EXIT)[keyof typeof VERIFY_EXIT];
}

/**
 * Reads every record of a log and its snapshot, and says whether a node would start with them. While a node writes,
 * its last write looks torn. Throws RAFT_LOG_ABSENT, RAFT_LOG_VERSION.
 */
export async function verifyLog(blocking: BlockingDisk, disk: Disk, directory: string): Promise<Verdict> {
  const { ending, table } = readDirectory(blocking, directory);
  const { snapshot } = table.checkpoint;
  if (ending.verdict !== "corrupt" && snapshot.index > 0) {
    const store = new SnapshotStore(disk, directory);
    try {
      await store.verify(snapshot);
    } catch (error) {
      if (error instanceof UserError) return corrupt(error.message);
      if (hasCode(error, "ENOENT")) return corrupt(`${store.path(snapshot)} is not there`);
      throw error;
    }
  }
  return { text: describeEnding(ending), exitCode: VERIFY_EXIT[ending.verdict] };
}

function corrupt(reason: string): Verdict {
  return { text: `corrupt: ${reason}`, exitCode: VERIFY_EXIT.corrupt };
}
