import { PORTS } from "../../../contract/ports.ts";
import { voterRoles } from "../../topology/voters.ts";
import type { Listener, Service } from "../service.ts";
import { accountsPhase } from "./accounts.ts";
import { galeraFiles } from "./files.ts";
import { formClusterPhase } from "./form-cluster.ts";
import {
  CHECK_SOCKET_UNIT,
  CHECK_USER,
  CONFIG_PATH,
  PASSWORD_SECRET,
  SERVER_UNIT,
  SOCKET_UNITS,
} from "./names.ts";
import { memberProbe } from "./probe.ts";
import { restartGate } from "./restart-gate.ts";

/** MariaDB with Galera: every database machine holds all data, one of them at a time is written to. */
export const galera: Service = {
  name: "galera",
  runsOn: (_topology, machine) => machine.roles.includes("database"),
  packages: () => [
    "mariadb-server",
    // Has the server itself, and may be newer than mariadb-server. The client's core may not: mariadb-backup fixes it.
    "mariadb-server-core",
    "mariadb-client",
    "mariadb-backup",
    "galera-4",
    "rsync",
    "zstd",
  ],
  users: () => [CHECK_USER],
  listens: (topology) => [
    listener(PORTS.database, "mariadbd", ["balancer"]),
    listener(PORTS.databaseCheck, "systemd", ["balancer"]),
    listener(PORTS.galera, "mariadbd", voterRoles(topology, "database")),
    listener(PORTS.galeraIst, "mariadbd", ["database"]),
    listener(PORTS.galeraSst, "rsync", ["database"]),
  ],
  secrets: () => [{ kind: "password", name: PASSWORD_SECRET, length: 32 }],
  files: galeraFiles,
  units: () => [
    ...SOCKET_UNITS.map((name) => ({ name, state: "masked", enabled: false }) as const),
    { name: SERVER_UNIT, state: "running", enabled: true, startedByForm: true },
    { name: CHECK_SOCKET_UNIT, state: "running", enabled: true },
  ],
  probe: memberProbe,
  restartGate,
  form: (context) => [formClusterPhase(context.topology), accountsPhase(context)],
  departure: { file: CONFIG_PATH, by: "refusal" },
};

function listener(port: number, program: string, from: Listener["from"]): Listener {
  return { port, protocol: "tcp", on: "machine", from, program };
}
