import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { UserError } from "../../support/errors.ts";
import { hasCode } from "../disk/disk.ts";

/**
 * Takes the directory of a cluster log for this process; gives back what frees it. Two that wrote one log would
 * answer for two different truths.
 *
 * The lock is a name in Linux's abstract socket space (unix(7)): the kernel frees it with the process, so none is
 * ever stale. Throws CLUSTER_LOG_TAKEN.
 */
export async function lockClusterLog(directory: string): Promise<() => Promise<void>> {
  const server = createServer();
  const bound = once(server, "listening");
  server.listen({ path: `\0mailbastion-cluster:${resolve(directory)}` });
  server.unref();
  try {
    await bound;
  } catch (error) {
    if (!hasCode(error, "EADDRINUSE")) throw error;
    throw new UserError(
      "CLUSTER_LOG_TAKEN",
      `the cluster log ${directory} is in use by another mbnode`,
      "stop that one first: systemctl stop mailbastion-mbnode",
      { cause: error },
    );
  }
  return async () => {
    server.close();
    await once(server, "close");
  };
}
