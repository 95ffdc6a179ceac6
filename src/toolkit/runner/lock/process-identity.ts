import { readFileSync, readlinkSync } from "node:fs";
import * as z from "zod";

/** A process, so that none of another boot, container or computer is taken for it, and no later one of the same number. */
export const processIdentity = z.object({
  /** Of the kernel that it runs on. */
  boot: z.string(),
  /** In which its number counts. */
  namespace: z.string(),
  /** Clock ticks from the boot to its start; absent where it was gone already. */
  started: z.string().optional(),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** Undefined where the system says nothing of the kind: only Linux has /proc. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const namespace = readlinkSync("/proc/self/ns/pid");
    const started = startOf(pid);
    return { boot, namespace, ...(started !== undefined && { started }) };
  } catch {
    return undefined;
  }
}

/** Whether this process can know that the other one is gone, and it is. */
export function isGone(pid: number, identity: ProcessIdentity | undefined): boolean {
  const here = identify(pid);
  if (!identity || !here || identity.boot !== here.boot || identity.namespace !== here.namespace)
    return false;
  if (!exists(pid)) return true;
  // Its number may be another's by now. One whose start cannot be read, as of another user, is taken for the same.
  return identity.started !== undefined && here.started !== undefined && identity.started !== here.started;
}

/** Field 22 of proc(5), counted after the name, which may hold spaces and parentheses. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
