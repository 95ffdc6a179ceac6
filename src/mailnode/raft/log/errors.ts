import { UserError } from "../../../support/errors.ts";
import { LOG_VERSION } from "./version.ts";

/** RAFT_LOG_DAMAGED: the node must halt, as going on would be to forget votes and entries that it answered for. */
export function logDamaged(path: string, at: number, reason: string): UserError {
  return new UserError(
    "RAFT_LOG_DAMAGED",
    `the log file ${path} is damaged at byte ${at}: ${reason}`,
    "look at the disk; then take this node out of the cluster, empty its log directory and let it join anew",
  );
}

/** RAFT_LOG_FAILED: the node must stop, as what the disk holds now is not known. Nothing is tried again. */
export function logFailed(cause: unknown): UserError {
  return new UserError(
    "RAFT_LOG_FAILED",
    `the disk refused to keep the log (${cause instanceof Error ? cause.message : String(cause)})`,
    "make room or replace the disk, then start the node: it finds what was durable",
    { cause },
  );
}

/** RAFT_LOG_VERSION: another version of this program wrote the log. */
export function logOfOtherVersion(version: number): UserError {
  return new UserError(
    "RAFT_LOG_VERSION",
    `the log has format ${version}; this program reads format ${LOG_VERSION}`,
    "run the version of Mailbastion that wrote it",
  );
}

/** RAFT_LOG_ABSENT: there is no log in a directory. */
export function logAbsent(directory: string, reason: string): UserError {
  return new UserError(
    "RAFT_LOG_ABSENT",
    `${directory} is not the directory of a log: ${reason}`,
    "name the one that the node keeps its log in",
  );
}
