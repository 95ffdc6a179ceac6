import { randomBytes } from "node:crypto";
import { realBlockingDisk } from "../../disk/real-blocking-disk.ts";
import { realDisk } from "../../disk/real-disk.ts";
import { RaftLog } from "./raft-log.ts";
import { WorkerBackend } from "./worker-backend.ts";

/** etcd's size: seconds of full load, and a tolerable read at each start. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

/** Opens the log of a directory of this machine, with a thread of its own. Throws as RaftLog.open does. */
export function openLog(directory: string): Promise<RaftLog> {
  return RaftLog.open({
    directory,
    disk: realDisk,
    blocking: realBlockingDisk,
    newNode: () => randomBytes(8).toString("hex"),
    segmentBytes: SEGMENT_BYTES,
    backend: (tail, segments) =>
      new WorkerBackend({ directory, segmentBytes: SEGMENT_BYTES, tail, segments }),
  });
}
