import { doesItsWork, wholeWithinMs } from "../../services/does-its-work.ts";
import { CHECK_SOCKET_UNIT, SERVER_UNIT } from "../../services/galera/names.ts";
import { NO_SERVER, STOP_TIMEOUT_MS, stopServer } from "../../services/galera/stop.ts";
import { areBricksStopped, stopBricks } from "../../services/glusterfs/stop.ts";
import { cacheAnswers } from "../../services/redis/backup.ts";
import type { Service } from "../../services/service.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Gate, Step } from "../../steps/step.ts";
import type { Machine, Topology } from "../../topology/topology.ts";

/** What a machine without services needs as well. */
const STAYS: ReadonlySet<string> = new Set(["kernel", "nftables"]);

const MINUTE = 60_000;

/**
 * Stops what runs on the machine, in the reverse order of starting. Everything stays enabled: a machine that boots in
 * between comes up with its services, and drained.
 */
export function stopPhases(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
): readonly Phase[] {
  return ownServices(topology, services, machine)
    .toReversed()
    .map((service) => {
      const units = runningUnits(topology, machine, service);
      const stop: Step = {
        title: `stop ${units.join(", ")}`,
        machine: machine.name,
        commands: stopCommands(service, units),
        verify: areInactive(service, units),
      };
      const bricks = service.name === "glusterfs" ? [stopBricksStep(topology, machine)] : [];
      return plannedPhase(`stop ${service.name} on ${machine.name}`, [[stop], bricks]);
    });
}

/**
 * Starts them in order, each proven before the next: a database that is synced, a volume with nothing left to heal. Only a
 * cache is not waited for until the Sentinel beside it is there: where its master is gone, it may be with that one's vote
 * that the Sentinels agree on another.
 *
 * @param ahead phases to put before the start of a service, by its name
 */
export function startPhases(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
  ahead: Readonly<Record<string, readonly Phase[]>> = {},
): readonly Phase[] {
  const own = ownServices(topology, services, machine);
  const cache = own.find(({ name }) => name === "redis");
  const lastOfCache = own.findLast(({ name }) => name === "redis" || name === "sentinel");
  return own.flatMap((service) => [
    ...(ahead[service.name] ?? []),
    startPhase(topology, machine, service),
    ...(cache && service === lastOfCache ? [cacheWorksPhase(topology, machine, cache)] : []),
  ]);
}

function startPhase(topology: Topology, machine: Machine, service: Service): Phase {
  const units = runningUnits(topology, machine, service);
  const works = doesItsWork(topology, service, machine, wholeWithinMs(service));
  const step: Step = {
    title: `start ${units.join(", ")}`,
    machine: machine.name,
    commands: startCommands(service, units),
    verify:
      service.name === "redis"
        ? { ...works, title: "the cache answers", command: cacheAnswers(machine) }
        : works,
  };
  return plannedPhase(`start ${service.name} on ${machine.name}`, [[step]]);
}

function cacheWorksPhase(topology: Topology, machine: Machine, cache: Service): Phase {
  const step: Step = {
    title: "see that the cache is a master or follows one",
    machine: machine.name,
    commands: [],
    verify: doesItsWork(topology, cache, machine, wholeWithinMs(cache)),
  };
  return plannedPhase(`see that the cache of ${machine.name} does its work`, [[step]]);
}

function ownServices(topology: Topology, services: readonly Service[], machine: Machine): readonly Service[] {
  return services.filter(
    (service) =>
      !STAYS.has(service.name) &&
      service.runsOn(topology, machine) &&
      runningUnits(topology, machine, service).length > 0,
  );
}

function runningUnits(topology: Topology, machine: Machine, service: Service): readonly string[] {
  return service
    .units(topology, machine)
    .filter(({ state }) => state === "running")
    .map(({ name }) => name);
}

/** A database server that has never come into service heeds no stop, and one that is stopped in vain looks stopped. */
function stopCommands(service: Service, units: readonly string[]): readonly Command[] {
  const stop = (named: readonly string[]) =>
    act(["systemctl", "stop", "--", ...named], { timeoutMs: STOP_TIMEOUT_MS });
  if (service.name !== "galera") return [stop(units)];
  return [stop(units.filter((unit) => unit !== SERVER_UNIT)), stopServer()];
}

/** A member that joins is started without waiting for its unit: a whole copy takes longer than a connection may be silent. */
function startCommands(service: Service, units: readonly string[]): readonly Command[] {
  if (service.name !== "galera")
    return [act(["systemctl", "start", "--", ...units], { timeoutMs: 5 * MINUTE })];
  return [
    act(["systemctl", "start", "--no-block", SERVER_UNIT]),
    act(["systemctl", "start", CHECK_SOCKET_UNIT], { timeoutMs: 5 * MINUTE }),
  ];
}

function stopBricksStep({ storage }: Topology, machine: Machine): Step {
  return {
    title: "end the processes of the volume",
    machine: machine.name,
    commands: [stopBricks(storage.volume)],
    verify: areBricksStopped(storage.volume),
  };
}

function areInactive(service: Service, units: readonly string[]): Gate {
  const text = service.name === "galera" ? `${ARE_INACTIVE}${NO_SERVER}` : ARE_INACTIVE;
  return {
    title: "they are stopped",
    command: ask(script(text, units)),
    timeoutMs: MINUTE,
    intervalMs: 500,
  };
}

const ARE_INACTIVE = `
for unit; do
  case $(systemctl is-active "$unit" || true) in
    inactive | failed) ;;
    *) echo "$unit is still active" >&2; exit 1 ;;
  esac
done`;
