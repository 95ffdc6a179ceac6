import { act, script, type Command } from "../../steps/command.ts";
import type { Topology } from "../../topology/topology.ts";
import { KEEPER_UNIT } from "./files.ts";
import { mountUnitName } from "./unit-name.ts";

/**
 * Takes a mount away whose client is dead or hangs, which nothing that has files open there would survive either, and
 * lets its keeper mount anew. A client that hangs is ended: what waits for it would wait for ever, and the keeper would
 * take it for the new one.
 */
export function remount({ storage }: Topology): Command {
  const args = [storage.mountPath, mountUnitName(storage.mountPath), KEEPER_UNIT];
  return act(script(REMOUNT, args), { timeoutMs: 120_000 });
}

const REMOUNT = `
if grep -qF " $1 fuse.glusterfs " /proc/mounts; then umount --lazy "$1"; fi
ps -C glusterfs -o pid=,args= | awk 'BEGIN { path = ARGV[1]; ARGV[1] = "" } $NF == path { print $1 }' "$1" |
  xargs -r kill -KILL
systemctl reset-failed "$2" 2>/dev/null || true
systemctl restart "$3"`;
