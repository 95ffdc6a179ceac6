import { keepArbitratorOut, startArbitrator } from "../../services/arbitrator/form-arbitrator.ts";
import { prepareDatabase, unpackDatabase } from "../../services/galera/backup.ts";
import { forgetHistory, moveBack, setAside } from "../../services/galera/move.ts";
import { DATA_DIRECTORY as DATABASE, SERVER_UNIT as DATABASE_UNIT } from "../../services/galera/names.ts";
import { inService } from "../../services/galera/probe.ts";
import { stopServer } from "../../services/galera/stop.ts";
import { isMaster, isReplicaOf, putCache } from "../../services/redis/backup.ts";
import { DATA_DIRECTORY as CACHE, SERVER_UNIT as CACHE_UNIT } from "../../services/redis/names.ts";
import { SENTINEL_UNIT } from "../../services/sentinel/names.ts";
import { act, type LocalFile } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Gate, Stage, Step } from "../../steps/step.ts";
import type { Machine } from "../../topology/topology.ts";
import {
  beginCluster,
  clearAllMarks,
  gate,
  isDown,
  restartMember,
  untilNoCopy,
} from "../recover/galera-commands.ts";

/** Where the present data of a machine go: beside their folder, under the name of the run. */
export function asideOf(folder: string, run: string): string {
  return `${folder}-before-${run}`;
}

/**
 * Puts a copy of the database in the place of what the members have. The first of them begins a new history with it, so
 * that no member which was away can take it for its own; the others get it whole, one after the other. An arbitrator
 * knows the component that is given up, with which nobody of a new history can be: it is stopped first and joins last.
 *
 * A machine that dies meanwhile starts its server when it is back, and a person may start one: each phase that touches
 * data stops the servers itself.
 */
export function databasePhases(
  { members, arbitrator }: DatabaseMachines,
  { bytes, ...from }: LocalFile & { readonly bytes: number },
  run: string,
): readonly Phase[] {
  const [first, ...others] = members;
  if (!first) return [];
  const unpacked = `${DATABASE}-restored-${run}`;
  const aside = asideOf(DATABASE, run);
  const on = (machine: Machine, title: string, commands: Step["commands"], verify?: Gate): Step => ({
    title,
    machine: machine.name,
    commands,
    ...(verify && { verify }),
  });
  const down = gate("no database server runs", isDown());
  const stop = (member: Machine) =>
    on(member, "stop the database server", [stopServer(), clearAllMarks()], down);
  const keepOut = arbitrator ? [keepArbitratorOut(arbitrator.name)] : [];
  const join = act(["systemctl", "start", "--no-block", DATABASE_UNIT]);
  return [
    // First: a copy that does not unpack must not cost anybody the present data. A resume does both steps again.
    plannedPhase("unpack the copy of the database", [
      [on(first, "unpack the copy", [unpackDatabase(from, unpacked, bytes)])],
      [on(first, "make it consistent", [prepareDatabase(unpacked)])],
    ]),
    plannedPhase("set the present database aside", [
      members.map(stop),
      keepOut,
      members.map((member) => on(member, `move the present data to ${aside}`, [setAside(DATABASE, aside)])),
    ]),
    plannedPhase("put the copy of the database in its place", [
      [stop(first)],
      [on(first, "put the copy where the server has its data", [moveBack(unpacked, aside)])],
    ]),
    plannedPhase("begin the database cluster with the copy", [
      keepOut,
      [
        {
          ...on(first, "begin a new history", [stopServer(), forgetHistory(), beginCluster()], inService()),
          unless: inService().command,
        },
      ],
    ]),
    ...others.map((member) =>
      plannedPhase(`join ${member.name} to the database cluster`, [
        [on(member, "join the database cluster", [join], inService())],
      ]),
    ),
    ...(others.length > 0
      ? [
          plannedPhase("let the member that began be like the others", [
            untilNoCopy(members.map(({ name }) => name)),
            [on(first, "restart it as an ordinary one", [clearAllMarks(), restartMember()], inService())],
          ]),
        ]
      : []),
    ...(arbitrator
      ? [plannedPhase("let the arbitrator join the database cluster", [[startArbitrator(arbitrator.name)]])]
      : []),
  ];
}

export interface DatabaseMachines {
  /** In the order of the description: the first one begins. */
  readonly members: readonly Machine[];
  /** The witness that votes with them, where there is one and it answers. */
  readonly arbitrator?: Machine | undefined;
}

/**
 * Puts a snapshot of the cache in the place of what the caches have. The Sentinels are stopped meanwhile: they would
 * make an empty replica the master. A machine that dies meanwhile starts both when it is back.
 */
export function cachePhases(
  { master, replicas, sentinels }: CacheMachines,
  from: LocalFile,
  run: string,
): readonly Phase[] {
  const aside = asideOf(CACHE, run);
  const caches = [master, ...replicas];
  const unit = (machine: Machine, verb: "start" | "stop", name: string, verify?: Gate): Step => ({
    title: `${verb} ${name}`,
    machine: machine.name,
    commands: [act(["systemctl", verb, name], { timeoutMs: 5 * 60_000 })],
    ...(verify && { verify }),
  });
  const put: Step = {
    title: "put the snapshot where the cache has its data",
    machine: master.name,
    // What a cache has left there since then.
    commands: [setAside(CACHE, aside), putCache(from)],
  };
  const serves = gate("the cache is the master", isMaster(master), 10 * 60_000);
  const follows = (machine: Machine) =>
    gate(`the cache follows ${master.name}`, isReplicaOf(machine, master), 10 * 60_000);
  const stop: readonly Stage[] = [
    sentinels.map((machine) => unit(machine, "stop", SENTINEL_UNIT)),
    caches.map((machine) => unit(machine, "stop", CACHE_UNIT)),
  ];
  return [
    plannedPhase("set the present caches aside", [
      ...stop,
      caches.map((machine) => ({
        title: `move the present data to ${aside}`,
        machine: machine.name,
        commands: [setAside(CACHE, aside)],
      })),
    ]),
    plannedPhase("put the snapshot of the cache in its place", [...stop, [put]]),
    plannedPhase("start the cache with the snapshot", [[unit(master, "start", CACHE_UNIT, serves)]]),
    plannedPhase("let the other caches follow", [
      replicas.map((machine) => unit(machine, "start", CACHE_UNIT, follows(machine))),
    ]),
    plannedPhase("start the Sentinels", [sentinels.map((machine) => unit(machine, "start", SENTINEL_UNIT))]),
  ];
}

export interface CacheMachines {
  readonly master: Machine;
  readonly replicas: readonly Machine[];
  readonly sentinels: readonly Machine[];
}
