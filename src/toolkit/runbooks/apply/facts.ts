import { UserError } from "../../../support/errors.ts";
import type { Service } from "../../services/service.ts";
import { ask, script, type Answer, type Command } from "../../steps/command.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { departedUnits } from "./departures.ts";
import { MANIFEST } from "./places.ts";

/** What a machine says of itself before anything is put on it. */
export interface Facts {
  /** As `uname -m` says it, "x86_64". */
  readonly architecture: string;
  /** Interfaces by the addresses they carry. */
  readonly interfaces: ReadonlyMap<string, string>;
  readonly listening: readonly ListeningSocket[];
  /**
   * Of what the machine is to run, and of what an earlier apply had it run. Also those that are on their way: a database
   * that waits for the others listens long before it is active.
   */
  readonly startedUnits: ReadonlySet<string>;
  /** What its services live with and no apply may change, by the path in the description. */
  readonly fixed: ReadonlyMap<string, string>;
}

/** A socket some program holds open on the machine. */
export interface ListeningSocket {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
  /**
   * The programs that hold it: several where systemd listens for a service and a child is just accepting. None
   * where the kernel does not tell: in a container not even root may look.
   */
  readonly programs: readonly string[];
}

const SCRIPT = `
command -v systemctl >/dev/null || { echo "systemd is not on this machine" >&2; exit 1; }
. /etc/os-release
printf 'os %s\\narch %s\\n' "$ID" "$(uname -m)"
ip -o -4 address show | while read -r _ interface _ address _; do printf 'interface %s %s\\n' "\${address%/*}" "$interface"; done
manifest=$1
shift
while [ "$#" -gt 0 ]; do
  case $1 in
    unit)
      if [ -z "$3" ] || grep -qxF -- "$3" "$manifest" 2>/dev/null; then
        case $(systemctl show --property ActiveState --value "$2") in inactive | failed) ;; *) printf 'started %s\\n' "$2" ;; esac
      fi ;;
    fixed) printf 'fixed %s %s\\n' "$2" "$(sh -c "$3")" ;;
  esac
  shift 3
done
ss -H -l -n -p -t -u
`;

/** Asks for everything at once; which units run, those too that the machine has of an earlier description. */
export function factsCommand(topology: Topology, services: readonly Service[], machine: Machine): Command {
  const here = services.filter((service) => service.runsOn(topology, machine));
  const questions = [
    ...here.flatMap((service) => service.units(topology, machine).map(({ name }) => ["unit", name, ""])),
    ...departedUnits(topology, services, machine).map(({ unit, file }) => ["unit", unit, file]),
    ...here
      .flatMap((service) => service.fixed?.(topology) ?? [])
      .map(({ path, present }) => ["fixed", path, present]),
  ];
  return ask(script(SCRIPT, [MANIFEST, ...questions.flat()]));
}

/** Reads what factsCommand printed. Throws MACHINE_UNSUPPORTED for anything but a Debian family machine with systemd. */
export function parseFacts(machine: Machine, answer: Answer): Facts {
  const lines = answer.stdout.split("\n").filter((line) => line !== "");
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const os = fields.find(([key]) => key === "os")?.[1];
  if (answer.code !== 0 || os !== "debian") {
    const found = answer.code === 0 ? `it runs ${os ?? "something unknown"}` : answer.stderr.trim();
    throw new UserError(
      "MACHINE_UNSUPPORTED",
      `${machine.name} (${machine.address}) cannot be taken into the cluster: ${found}`,
      "use a machine with Debian 12 and systemd",
    );
  }
  return {
    architecture: fields.find(([key]) => key === "arch")?.[1] ?? "",
    interfaces: new Map(
      fields.filter(([key]) => key === "interface").map(([, address, name]) => [address!, name!]),
    ),
    fixed: new Map(
      fields.flatMap(([key, path, value]) => (key === "fixed" && value ? [[path!, value] as const] : [])),
    ),
    startedUnits: new Set(fields.filter(([key]) => key === "started").map(([, unit]) => unit!)),
    listening: fields.filter(([key]) => key === "tcp" || key === "udp").map(parseSocket),
  };
}

/** One line of ss: protocol, state, two queue lengths, local address, peer, and the programs behind it. */
function parseSocket(fields: readonly string[]): ListeningSocket {
  const local = fields[4]!;
  const colon = local.lastIndexOf(":");
  return {
    protocol: fields[0] as "tcp" | "udp",
    address: local
      .slice(0, colon)
      .replace(/%.*$/, "")
      .replace(/^\[|\]$/g, ""),
    port: Number(local.slice(colon + 1)),
    programs: [
      ...fields
        .slice(6)
        .join(" ")
        .matchAll(/\("([^"]*)"/g),
    ].map(([, program]) => program!),
  };
}
