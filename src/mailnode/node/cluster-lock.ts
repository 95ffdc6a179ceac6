import { resolve } from "node:path";
import { UserError } from "../../support/errors.ts";
import { lockForProcess, STOP_THE_OTHER } from "./process-lock.ts";

/**
 * Takes the directory of a cluster log for this process; gives back what frees it. Two that wrote one log would
 * answer for two different truths. Throws CLUSTER_LOG_TAKEN.
 */
export function lockClusterLog(directory: string): Promise<() => Promise<void>> {
  const message = `the cluster log ${directory} is in use by another mbnode`;
  return lockForProcess(
    `cluster:${resolve(directory)}`,
    (options) => new UserError("CLUSTER_LOG_TAKEN", message, STOP_THE_OTHER, options),
  );
}
