import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { UserError } from "../../support/errors.ts";
import { hasCode } from "../disk/disk.ts";

/**
 * Takes the spool for this process until it ends; two would deliver each message twice.
 *
 * The lock is a name in Linux's abstract socket space (unix(7)): the kernel frees it with the process, so
 * none is ever stale. Throws MAILNODE_SPOOL_TAKEN.
 */
export async function lockSpool(path: string): Promise<void> {
  const server = createServer();
  const bound = once(server, "listening");
  server.listen({ path: `\0mailbastion-spool:${resolve(path)}` });
  server.unref();
  try {
    await bound;
  } catch (error) {
    if (!hasCode(error, "EADDRINUSE")) throw error;
    throw new UserError(
      "MAILNODE_SPOOL_TAKEN",
      `the queue ${path} is in use by another mbnode`,
      "stop that one first: systemctl stop mailbastion-mbnode",
      { cause: error },
    );
  }
}
