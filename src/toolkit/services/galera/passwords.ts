import { act, type Command } from "../../steps/command.ts";
import type { Topology } from "../../topology/topology.ts";
import { accountHost } from "./accounts.ts";

/**
 * Lets the application log in with either password. An account of MariaDB may have several ways to log in, each with a
 * password of its own (mariadb.com/kb, ALTER USER, "IDENTIFIED VIA ... OR ..."); the same way twice is allowed.
 * Passwords are letters and digits by the rules of their origin.
 */
export function acceptBoth(topology: Topology, old: string, wanted: string): Command {
  const way = (password: string) => `mysql_native_password USING PASSWORD('${password}')`;
  return alter(topology, `IDENTIFIED VIA ${way(old)} OR ${way(wanted)}`);
}

/** Lets the application log in with this password only. */
export function acceptOnly(topology: Topology, wanted: string): Command {
  return alter(topology, `IDENTIFIED BY '${wanted}'`);
}

function alter({ database, network }: Topology, how: string): Command {
  const account = `'${database.user}'@'${accountHost(network.cidr)}'`;
  return act(["mariadb", "--batch"], { stdin: `ALTER USER ${account} ${how};\n` });
}
