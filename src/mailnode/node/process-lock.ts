import { once } from "node:events";
import { createServer } from "node:net";
import type { UserError } from "../../support/errors.ts";
import { hasCode } from "../disk/disk.ts";

/** What to type where another process has it. */
export const STOP_THE_OTHER = "stop that one first: systemctl stop mailbastion-mbnode";

/**
 * Takes something for this process; gives back what frees it before the process ends.
 *
 * The lock is a name in Linux's abstract socket space (unix(7)): the kernel frees it with the process, so none is ever
 * stale.
 *
 * @param name among all locks of this machine
 * @param taken the error to throw when another process has it
 */
export async function lockForProcess(
  name: string,
  taken: (options: ErrorOptions) => UserError,
): Promise<() => Promise<void>> {
  const server = createServer();
  const bound = once(server, "listening");
  server.listen({ path: `\0mailbastion-${name}` });
  server.unref();
  try {
    await bound;
  } catch (error) {
    if (!hasCode(error, "EADDRINUSE")) throw error;
    throw taken({ cause: error });
  }
  return async () => {
    server.close();
    await once(server, "close");
  };
}
