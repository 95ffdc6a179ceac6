/* Loaded into a node's process before anything else: its log's disk fails once a file with this name is there. */
import { existsSync } from "node:fs";
import { logFailed } from "../../../src/mailnode/raft/log/errors.ts";
import { RaftLog } from "../../../src/mailnode/raft/log/raft-log.ts";

const append = Object.getOwnPropertyDescriptor(RaftLog.prototype, "append")!.value as RaftLog["append"];
RaftLog.prototype.append = function (this: RaftLog, what) {
  if (existsSync(process.env["LOG_FAILS_AT"]!))
    return Promise.reject(logFailed(new Error("EIO: i/o error, fsync")));
  return append.call(this, what);
};
