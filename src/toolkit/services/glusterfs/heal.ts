import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import type { Machine } from "../../topology/topology.ts";
import { PEER_STATUS } from "./peers.ts";

/** glusterd's own limit is two minutes. */
const SLOW = { timeoutMs: 150_000 };

/** Starts the bricks whose process is gone; those that run are left alone. */
export function startBricks(volume: string): Command {
  return act(["gluster", "--mode=script", "volume", "start", volume, "force"], SLOW);
}

/** Whether the bricks of these machines are online, whatever the others do. */
export function areBricksOnline(volume: string, machines: readonly Machine[]): Gate {
  return {
    title: `the bricks of ${machines.map(({ name }) => name).join(", ")} are online`,
    command: ask(script(BRICKS_ONLINE, [volume, ...machines.map(({ address }) => address)]), {
      timeoutMs: 60_000,
    }),
    timeoutMs: 120_000,
    intervalMs: 1000,
  };
}

const BRICKS_ONLINE = `
volume=$1
shift
bricks=$(timeout 20 gluster --mode=script volume status "$volume" --xml | awk -F '[<>]' '
  $2 == "hostname" { host = $3 }
  $2 == "path" { path = $3 }
  $2 == "status" && path ~ /^\\// { print host, $3 }')
for address; do
  printf '%s\\n' "$bricks" | grep -qxF "$address 1" || { echo "the brick of $address is not online" >&2; exit 1; }
done`;

/** Whether this machine sees so many others of its pool. */
export function seesPeers(count: number): Gate {
  return {
    title: `it sees ${count} others of its pool`,
    command: ask(
      script(
        `
found=$(timeout 20 ${PEER_STATUS} | grep -c '(Connected)$') || true
[ "$found" -ge "$1" ] || { echo "$found of $1 peers are connected" >&2; exit 1; }`,
        [String(count)],
      ),
    ),
    timeoutMs: 60_000,
    intervalMs: 1000,
  };
}

/** Lets the bricks bring over to each other what they lack, now instead of within ten minutes. */
export function launchHeal(volume: string): Command {
  return act(script(LAUNCH, [volume]), SLOW);
}

/** The daemon that heals comes up some seconds after the bricks; until then there are several kinds of failure. */
const LAUNCH = `
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  said=$(timeout 100 gluster --mode=script volume heal "$1" 2>&1) && exit 0
  sleep 1
done
printf '%s\\n' "$said" >&2
exit 1`;

/** Whether nothing waits to be healed any more. A file in split-brain waits for a person and is not counted. */
export function isHealed(volume: string): Gate {
  return {
    title: "nothing waits to be healed",
    command: ask(script(`${NOTHING_WAITS}${HEALED}`, [volume]), { timeoutMs: 60_000 }),
    timeoutMs: 60 * 60_000,
    intervalMs: 2000,
  };
}

/**
 * A shell function: fails where the summary on its standard input names something that waits to be healed, with what is in
 * split-brain ("all") or without ("healable"). A brick that cannot be asked has "-" for a number, and where nobody was
 * asked there is none: then nobody knows, and it fails too.
 */
export const NOTHING_WAITS = `
nothing_waits() {
  awk -F ': ' -v which="$1" '
    /^Total Number of entries/ { asked = 1; total += $2; if ($2 !~ /^[0-9]+$/) unknown = 1 }
    /^Number of entries in split-brain/ { if (which == "healable") torn += $2 }
    END {
      if (!asked || unknown) { print "a brick does not say what waits to be healed"; exit 1 }
      if (total - torn > 0) { print total - torn " entries wait to be healed"; exit 1 }
    }' >&2
}`;

const HEALED = `
summary=$(timeout 50 gluster --mode=script volume heal "$1" info summary)
printf '%s\\n' "$summary" | nothing_waits healable`;

/** Lists what is in split-brain, for parseSplitBrain. */
export function listSplitBrain(volume: string): Command {
  return ask(["gluster", "--mode=script", "volume", "heal", volume, "info", "split-brain"], {
    timeoutMs: 60_000,
  });
}

/** A file of which two bricks hold different versions, each accusing the other. */
export interface SplitFile {
  /** As GlusterFS names it: a path inside the volume, or "<gfid:...>". */
  readonly file: string;
  /** "address:path" of the bricks that hold a version of it. */
  readonly bricks: readonly string[];
}

/**
 * Reads "gluster volume heal info split-brain" (Gluster documentation, "Heal info and split-brain resolution"). Undefined
 * where it speaks of no brick: then nobody was asked.
 */
export function parseSplitBrain(text: string): readonly SplitFile[] | undefined {
  if (!/^Brick /m.test(text)) return undefined;
  const bricksOf = new Map<string, string[]>();
  let brick = "";
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    if (line.startsWith("Brick ")) brick = line.slice("Brick ".length);
    else if (/^(\/|<gfid:)/.test(line)) {
      // "<gfid:...> - Is in split-brain", as some versions say.
      const file = line.replace(/ - Is in split-brain$/, "");
      bricksOf.set(file, [...(bricksOf.get(file) ?? []), brick]);
    }
  }
  return [...bricksOf].map(([file, bricks]) => ({ file, bricks }));
}
