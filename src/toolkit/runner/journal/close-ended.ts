import type { Transport } from "../../ssh/transport.ts";
import type { ClusterLock } from "../lock/cluster-lock.ts";
import { fenced } from "../lock/fence.ts";
import { closeCommand } from "./commands.ts";
import { findRuns } from "./find-runs.ts";
import { closeLocally } from "./local-copy.ts";

/**
 * Marks each copy of a run that anybody calls ended, here and on the machines of the lock: who was away when it ended, or
 * lost its line, would take it for unfinished once the others have forgotten it. Then the oldest are forgotten.
 */
export async function closeEnded(
  runs: string,
  { machines, token }: Pick<ClusterLock, "machines" | "token">,
  transport: Transport,
): Promise<void> {
  const ended = (await findRuns(runs, machines, transport)).filter(({ isEnded }) => isEnded);
  // A copy that cannot be marked now is marked by the end of a later run.
  await Promise.allSettled([
    ...ended.filter(({ here }) => here === "open").map(({ run }) => closeLocally(runs, run)),
    ...machines.map((machine) => {
      const open = ended.filter(({ openOn }) => openOn.includes(machine)).map(({ run }) => run);
      return transport.run(machine, fenced(closeCommand(open), token));
    }),
  ]);
}
