import { canLogIn } from "../../services/galera/accounts.ts";
import { acceptBoth, acceptOnly } from "../../services/galera/passwords.ts";
import { setPasswords } from "../../services/redis/set-in-cache.ts";
import { accepts, acceptToo } from "../../services/redis/passwords.ts";
import { setAuthPass } from "../../services/sentinel/form-sentinel.ts";
import { sentinelProbe } from "../../services/sentinel/probe.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import { machinesWith, type Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";

/*
 * A password that two sides must agree on: first whoever is asked takes both, then everybody asks with the new one,
 * then the old one is forgotten. There is no moment at which somebody is locked out, wherever the run stops. Hence no
 * undo: to take both does no harm, and to take one back could.
 */

/** Caches and Sentinels, before the files of those who use the caches change. Placeholders. */
export function cacheBefore(topology: Topology, wanted: string): readonly Phase[] {
  const caches = machinesWith(topology, "cache");
  return [
    plannedPhase("let the caches take the new password too", [
      caches.map((machine) => ({
        title: "take the new password beside the old one",
        machine: machine.name,
        unless: accepts(machine, wanted).command,
        commands: [acceptToo(machine, wanted)],
        verify: accepts(machine, wanted),
      })),
    ]),
    plannedPhase("let caches and Sentinels use the new password", [
      caches.map((machine) => ({
        title: "log in to the master with the new password",
        machine: machine.name,
        commands: [setPasswords(machine, ["masterauth"], `${wanted}\n`)],
      })),
      ...votersIn(topology, "cache").map((machine) => [
        {
          title: "let the Sentinel use the new password",
          machine: machine.name,
          commands: [setAuthPass(topology, machine, `${wanted}\n`)],
          verify: {
            title: "the Sentinels agree on a master and reach a quorum",
            command: sentinelProbe(topology, machine),
            timeoutMs: 60_000,
            intervalMs: 500,
          },
        },
      ]),
    ]),
  ];
}

/** The application's account, before the mail nodes' files change. Placeholders. */
export function databaseBefore(topology: Topology, old: string, wanted: string): readonly Phase[] {
  const [first] = machinesWith(topology, "database");
  if (!first) return [];
  const login = canLogIn(topology, first, wanted);
  return [
    plannedPhase("let the database take the new password too", [
      [
        {
          title: "take the new password beside the old one",
          machine: first.name,
          unless: login.command,
          commands: [acceptBoth(topology, old, wanted)],
          verify: login,
        },
      ],
    ]),
  ];
}

/** When nobody uses the old one any more. */
export function databaseAfter(topology: Topology, wanted: string): readonly Phase[] {
  const [first] = machinesWith(topology, "database");
  if (!first) return [];
  return [
    plannedPhase("let the database forget the old password", [
      [
        {
          title: "take the new password only",
          machine: first.name,
          commands: [acceptOnly(topology, wanted)],
          verify: canLogIn(topology, first, wanted),
        },
      ],
    ]),
  ];
}
