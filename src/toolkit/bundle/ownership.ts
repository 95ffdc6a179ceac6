import type { Fault } from "../../support/errors.ts";
import type { Listener } from "../services/service.ts";
import type { Machine, Topology } from "../topology/topology.ts";

export interface OwnedListener {
  readonly service: string;
  readonly listener: Listener;
}

/** A path has one owner: two services that write one file would undo each other at every apply. */
export function ownershipFaults(
  machine: Machine,
  files: readonly { readonly service: string; readonly path: string }[],
): readonly Fault[] {
  const owners = new Map<string, string>();
  return files.flatMap(({ service, path }) => {
    const owner = owners.get(path);
    owners.set(path, owner ?? service);
    if (owner === undefined) return [];
    return [
      {
        path: `${machine.name}:${path}`,
        rule: `is owned by ${owner} and by ${service}`,
        remedy: "let one service write it",
      },
    ];
  });
}

/** No two services bind one port of one address; one that binds all addresses clashes with every other. */
export function portFaults(
  topology: Topology,
  machine: Machine,
  owned: readonly OwnedListener[],
): readonly Fault[] {
  return owned.flatMap(({ service, listener }, index) =>
    owned.slice(0, index).flatMap((earlier) => {
      if (!clash(topology, machine, listener, earlier.listener)) return [];
      return [
        {
          path: `${machine.name}:${listener.port}/${listener.protocol}`,
          rule: `is bound by ${earlier.service} and by ${service}`,
          remedy: "give one of them another port or another machine",
        },
      ];
    }),
  );
}

function clash(topology: Topology, machine: Machine, a: Listener, b: Listener): boolean {
  if (a.protocol !== b.protocol) return false;
  if (a.port > (b.lastPort ?? b.port) || b.port > (a.lastPort ?? a.port)) return false;
  if (a.on === "all" || b.on === "all") return true;
  const addressOf = { machine: machine.address, vip: topology.network.vip, loopback: "127.0.0.1" };
  return addressOf[a.on] === addressOf[b.on];
}
