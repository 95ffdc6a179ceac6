import { resolve } from "node:path";
import { UserError } from "../../support/errors.ts";
import { lockForProcess, STOP_THE_OTHER } from "./process-lock.ts";

/** Takes the spool for this process until it ends; two would deliver each message twice. Throws MAILNODE_SPOOL_TAKEN. */
export async function lockSpool(path: string): Promise<void> {
  const message = `the queue ${path} is in use by another mbnode`;
  await lockForProcess(
    `spool:${resolve(path)}`,
    (options) => new UserError("MAILNODE_SPOOL_TAKEN", message, STOP_THE_OTHER, options),
  );
}
