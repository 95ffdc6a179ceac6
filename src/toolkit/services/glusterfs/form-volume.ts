import { UserError } from "../../../support/errors.ts";
import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Gate, Stage, Step } from "../../steps/step.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { votersIn, witnessOf } from "../../topology/voters.ts";
import { allBricksProbe } from "./probe.ts";
import { parseVolume, volumeOptions, type Volume } from "./volume.ts";

/** Creates and starts the replicated volume, one brick on each storage machine and that of the witness last, or finds it as it should be. */
export function formVolumePhase(topology: Topology): Phase {
  const machines = votersIn(topology, "storage");
  const online = allBricksProbe(topology);
  return {
    title: "form the storage volume",
    machines: machines.map((machine) => machine.name),
    observe: () => observe(topology, online),
    decide: (answers) => {
      const [first] = machines;
      const found = new Map([...answers].map(([name, answer]) => [name, parse(answer)]));
      const volume = [...found.values()]
        .map((state) => state.volume)
        .find((candidate) => candidate !== undefined);
      const wait = bricksOnline(online);
      if (!volume) {
        refuseUsedBricks(topology, found);
        return create(topology, machines, wait);
      }
      refuseOtherBricks(topology, machines, volume);
      const allOnline = [...found.values()].some((state) => state.allOnline);
      const commands = [
        ...mend(topology, volume),
        ...(allOnline || !volume.started ? [] : [revive(topology)]),
      ];
      if (commands.length === 0) return [];
      return [[{ title: "bring the volume into order", machine: first!.name, commands, verify: wait }]];
    },
  };
}

function observe(topology: Topology, online: Command): Command {
  const { volume, brickPath } = topology.storage;
  return ask(script(OBSERVE, [volume, brickPath, ...online.argv]), { timeoutMs: 90_000 });
}

/** Exit code 0 on a machine without GlusterFS too. What follows the second argument is the probe. */
const OBSERVE = `
echo @info; timeout 20 gluster --mode=script volume info "$1" 2>/dev/null || true
echo @brick; if [ -n "$(ls -A "$2" 2>/dev/null)" ]; then echo used; fi
shift 2
echo @online; if "$@" >/dev/null 2>&1; then echo yes; fi`;

interface State {
  readonly volume: Volume | undefined;
  readonly brickUsed: boolean;
  readonly allOnline: boolean;
}

function parse({ stdout }: Answer): State {
  const [, info = "", brick = "", online = ""] = stdout.split(/^@(?:info|brick|online)\n/m);
  return {
    volume: parseVolume(info),
    brickUsed: brick.trim() === "used",
    allOnline: online.trim() === "yes",
  };
}

/** "force" is needed where the brick is on the root file system, and would also take a folder that holds something. */
function create(topology: Topology, machines: readonly Machine[], wait: Gate): readonly Stage[] {
  const { volume, brickPath } = topology.storage;
  const [first] = machines;
  const folders = machines.map((machine): Step => ({
    title: "make the brick's folder",
    machine: machine.name,
    commands: [act(["install", "-d", "-m", "0755", brickPath])],
  }));
  const bricks = machines.map((machine) => `${machine.address}:${brickPath}`);
  const gluster = ["gluster", "--mode=script", "volume"];
  // The last brick of each set of three is the arbiter: it holds names and what each file has seen, and no content.
  const replicas = witnessOf(topology, "storage")
    ? ["replica", "3", "arbiter", "1"]
    : ["replica", String(machines.length)];
  const commands = [
    act([...gluster, "create", volume, ...replicas, ...bricks, "force"], SLOW),
    ...Object.entries(volumeOptions(topology)).map(([name, value]) =>
      act([...gluster, "set", volume, name, value], SLOW),
    ),
    act([...gluster, "start", volume], SLOW),
  ];
  return [folders, [{ title: `create volume ${volume}`, machine: first!.name, commands, verify: wait }]];
}

/** glusterd's own limit is two minutes. */
const SLOW = { timeoutMs: 150_000 };

function mend(topology: Topology, volume: Volume): readonly Command[] {
  const gluster = ["gluster", "--mode=script", "volume"];
  const commands = Object.entries(volumeOptions(topology))
    .filter(([name, value]) => volume.options.get(name) !== value)
    .map(([name, value]) => act([...gluster, "set", topology.storage.volume, name, value], SLOW));
  const start = volume.started ? [] : [act([...gluster, "start", topology.storage.volume], SLOW)];
  return [...commands, ...start];
}

/** Starts bricks whose process is gone; those that run are left alone. */
function revive(topology: Topology): Command {
  return act(["gluster", "--mode=script", "volume", "start", topology.storage.volume, "force"], SLOW);
}

function bricksOnline(command: Command): Gate {
  return { title: "all bricks are online", command, timeoutMs: 120_000, intervalMs: 1000 };
}

function refuseUsedBricks(topology: Topology, found: ReadonlyMap<string, State>): void {
  const used = [...found].filter(([, state]) => state.brickUsed).map(([name]) => name);
  if (used.length === 0) return;
  const { brickPath, volume } = topology.storage;
  throw new UserError(
    "STORAGE_BRICK_USED",
    `volume ${volume} does not exist, but ${brickPath} on ${used.join(", ")} is not empty`,
    "save what is in it elsewhere and remove the folder, or set storage.brickPath to another one",
  );
}

function refuseOtherBricks(topology: Topology, machines: readonly Machine[], volume: Volume): void {
  const wanted = machines.map((machine) => `${machine.address}:${topology.storage.brickPath}`);
  if ([...wanted].sort().join() === [...volume.bricks].sort().join()) return;
  throw new UserError(
    "STORAGE_OTHER_BRICKS",
    `volume ${topology.storage.volume} consists of ${volume.bricks.join(", ")}, the description says ${wanted.join(", ")}`,
    "mend the description; moving a brick is not something apply does, as it copies all data",
  );
}
