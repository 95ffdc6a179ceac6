import { UserError } from "../../../support/errors.ts";
import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { GLUSTERD_UNIT } from "./names.ts";

/*
 * A machine that was made anew under its old address is to the pool somebody who died and a stranger of the same
 * name. It gets back the identity that the others know it by (Gluster documentation, "Replacing a host machine with
 * the same hostname"), and its brick is begun again ("reset-brick").
 */

/** Asks a machine of the pool who it is and whom it knows. Answers with exit code 0 also without GlusterFS. */
export function askForPool(): Command {
  return ask(script(POOL));
}

const POOL = `
for file in /var/lib/glusterd/glusterd.info /var/lib/glusterd/peers/*; do
  [ -f "$file" ] || continue
  echo "file $file"
  cat "$file"
done`;

/** The ids of the pool by address, and the version of its protocol. */
export interface Pool {
  readonly ids: ReadonlyMap<string, string>;
  readonly operatingVersion: string;
}

/** From what one member answered. Throws STORAGE_IDENTITY where that does not name every machine of `storage`. */
export function parsePool(member: Machine, storage: readonly Machine[], { stdout }: Answer): Pool {
  const files = stdout
    .split(/^file .*$/m)
    .slice(1)
    .map((text) =>
      text
        .trim()
        .split("\n")
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const),
    );
  const value = (file: (typeof files)[number], name: string) =>
    file.find(([key]) => key.toLowerCase() === name)?.[1] ?? "";
  const own = files.find((file) => file.some(([key]) => key === "operating-version"));
  const ids = new Map<string, string>();
  for (const { name, address } of storage) {
    const file =
      name === member.name
        ? own
        : files.find((pairs) => pairs.some(([key, host]) => key.startsWith("hostname") && host === address));
    const id = file && value(file, "uuid");
    if (id) ids.set(address, id);
  }
  const missing = storage.filter(({ address }) => !ids.has(address)).map(({ name }) => name);
  if (missing.length > 0 || !own)
    throw new UserError(
      "STORAGE_IDENTITY",
      `the storage pool, as ${member.name} knows it, does not tell by which id it knows ${missing.join(" and ")}`,
      "see what gluster pool list says there; mbctl doctor lists what else is wrong",
    );
  return { ids, operatingVersion: value(own, "operating-version") };
}

/** Whether the machine has the identity already. */
export function hasIdentity(machine: Machine, { ids }: Pool): Command {
  return ask(["grep", "-qxF", `UUID=${ids.get(machine.address)!}`, "/var/lib/glusterd/glusterd.info"]);
}

/** Gives a blank machine the identity that the pool knows it by, and makes it know the others. */
export function giveIdentity(machine: Machine, { ids, operatingVersion }: Pool): Command {
  const others = [...ids].filter(([address]) => address !== machine.address).flat();
  return act(script(IDENTITY, [GLUSTERD_UNIT, operatingVersion, ids.get(machine.address)!, ...others]));
}

/** State 3 is "Peer in Cluster". The own id comes last: it is what says that the rest is there. */
const IDENTITY = `
systemctl stop "$1" 2>/dev/null || true
version=$2 own=$3
shift 3
install -d -m 0755 /var/lib/glusterd/peers
while [ $# -gt 0 ]; do
  printf 'uuid=%s\\nstate=3\\nhostname1=%s\\n' "$2" "$1" >"/var/lib/glusterd/peers/$2"
  shift 2
done
printf 'UUID=%s\\noperating-version=%s\\n' "$own" "$version" >/var/lib/glusterd/glusterd.info`;

/** Whether the pool has told this machine of the volume. */
export function knowsVolume(volume: string): Gate {
  return {
    title: `it knows the volume ${volume}`,
    command: ask(["test", "-s", `/var/lib/glusterd/vols/${volume}/info`]),
    timeoutMs: 60_000,
    intervalMs: 500,
  };
}

/**
 * Lets the daemon read the volume from its disk. It finds out where its brick really lies only then, not when the pool
 * tells it of the volume, and takes the brick for one of nobody's until it does: "reset-brick" would be refused. The
 * brick's folder must be there.
 */
export function readVolumeAgain(): Command {
  return act(["systemctl", "restart", GLUSTERD_UNIT], { timeoutMs: 120_000 });
}

/** On any machine of the pool: begins the brick of a machine again, empty, under its old name. */
export function resetBrick({ storage }: Topology, { address }: Machine): Command {
  return act(script(RESET_BRICK, [storage.volume, `${address}:${storage.brickPath}`]), {
    timeoutMs: 300_000,
  });
}

/** "start" is refused where an earlier attempt got that far; then "commit" goes on, and says so if it cannot. */
const RESET_BRICK = `
said=$(gluster --mode=script volume reset-brick "$1" "$2" start 2>&1) || echo "$said" >&2
gluster --mode=script volume reset-brick "$1" "$2" "$2" commit force`;

/** Lets the bricks bring everything over, not only what they know to be missing: an empty brick knows nothing. */
export function launchFullHeal(volume: string): Command {
  return act(["gluster", "--mode=script", "volume", "heal", volume, "full"], { timeoutMs: 150_000 });
}
