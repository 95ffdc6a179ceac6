import { PORTS } from "../../../contract/ports.ts";
import { observeMember } from "../../services/galera/member.ts";
import { STAGED, type Service } from "../../services/service.ts";
import { ask, script, type Command } from "../../steps/command.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import type { KnownFile } from "./known-file.ts";

/** What `doctor` asks a machine besides what `status` asks. All of it only reads. */
export function deepQuestions(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
  files: readonly KnownFile[],
): ReadonlyMap<string, Command> {
  const own = services.filter((service) => service.runsOn(topology, machine));
  const units = own.flatMap((service) => service.units(topology, machine));
  const running = units.filter(({ state }) => state === "running").map(({ name }) => name);
  const { host, port } = topology.mail.nextHop;
  const has = (role: Machine["roles"][number]) => machine.roles.includes(role);
  return new Map<string, Command>([
    ["journal", ask(script(JOURNAL, running))],
    [
      "files",
      ask(
        script(
          FILES,
          files.map(({ path }) => path),
        ),
      ),
    ],
    ...files.flatMap((file) => checkOf(file)),
    ["reach", ask(script(REACH, waysFrom(topology, services, machine)))],
    ["machine", ask(script(MACHINE))],
    ...(has("mail") ? ([["next hop", ask(script(NEXT_HOP, [host, String(port)]))]] as const) : []),
    ...(has("balancer") ? ([["vrrp", ask(script(VRRP))]] as const) : []),
    ...(has("database") ? ([["member", observeMember()]] as const) : []),
    ...(has("storage")
      ? ([["split-brain", ask(script(SPLIT_BRAIN, [topology.storage.volume]))]] as const)
      : []),
  ]);
}

/** Units that do not run, each with its state and the last that it said. */
const JOURNAL = `
for unit; do
  state=$(systemctl is-active "$unit" || true)
  if [ "$state" != active ]; then
    printf '@unit\\n%s %s %s\\n' "$unit" "$state" "$(systemctl show --property=Result --value "$unit")"
    journalctl --unit="$unit" --no-pager --quiet --output=short-iso --lines=6 2>/dev/null | cut -c 1-300 || true
  fi
done`;

const FILES = `
for path; do
  if [ -f "$path" ]; then
    printf '%s\\t%s\\t%s\\n' "$path" "$(stat -c '0%a\t%U\t%G' "$path")" "$(sha256sum < "$path" | cut -c 1-64)"
  else
    printf '%s\\tmissing\\n' "$path"
  fi
done`;

/** Checks of units take a second each, and systemd says itself what is wrong with one. */
function checkOf({ path, check }: KnownFile): readonly (readonly [string, Command])[] {
  if (check.kind === "none" || path.startsWith("/etc/systemd/") || path.endsWith(".sh")) return [];
  return [[`check ${path}`, ask(check.argv.map((word) => (word === STAGED ? path : word)))]];
}

/** These listen only while a whole copy of the data is on its way. */
const NOT_ALWAYS_OPEN: readonly number[] = [PORTS.galeraIst, PORTS.galeraSst];

/** The addresses and ports of other machines that this one must reach, by what the firewalls let through. */
export function waysFrom(topology: Topology, services: readonly Service[], from: Machine): readonly string[] {
  const ways = topology.machines
    .filter(({ name }) => name !== from.name)
    .flatMap((to) =>
      services
        .filter((service) => service.runsOn(topology, to))
        .flatMap((service) => service.listens(topology, to))
        .filter(
          ({ protocol, lastPort, port, from: who }) =>
            protocol === "tcp" &&
            lastPort === undefined &&
            !NOT_ALWAYS_OPEN.includes(port) &&
            typeof who !== "string" &&
            who.some((role) => from.roles.includes(role)),
        )
        .map(({ on, port }) => `${on === "vip" ? topology.network.vip : to.address}:${port}`),
    );
  return [...new Set(ways)];
}

/** A refused connection has reached the machine; one that nothing answers to was dropped on the way. 64 at a time. */
const REACH = `
try() {
  code=0
  said=$(timeout 3 bash -c 'exec 3<> "/dev/tcp/\${1%:*}/\${1##*:}"' bash "$1" 2>&1) || code=$?
  case "$code $said" in
    "0 "*) echo "$1 open" ;;
    *refused*) echo "$1 refused" ;;
    *) echo "$1 silent" ;;
  esac
}
count=0
for way; do
  try "$way" &
  count=$((count + 1))
  if [ $((count % 64)) -eq 0 ]; then wait; fi
done
wait`;

/** What shortens a machine's breath, and what keeps its time. PSI: docs.kernel.org/accounting/psi.html. */
const MACHINE = `
value() { if [ -r "$2" ]; then printf '%s %s\\n' "$1" "$(cat "$2")"; fi; }
value conntrack /proc/sys/net/netfilter/nf_conntrack_count
value conntrack-max /proc/sys/net/netfilter/nf_conntrack_max
value files /proc/sys/fs/file-nr
for kind in io memory; do
  if [ -r "/proc/pressure/$kind" ]; then sed -n "s/^full avg10=\\([0-9.]*\\) .*/pressure-$kind \\1/p" "/proc/pressure/$kind"; fi
done
printf 'container %s\\n' "$(systemd-detect-virt --container 2>/dev/null || true)"
printf 'synchronised %s\\n' "$(timedatectl show --property=NTPSynchronized --value 2>/dev/null || true)"
printf 'killed %s\\n' "$(journalctl --dmesg --quiet --no-pager --since=-1d --grep='Out of memory: Killed' --lines=1 --output=cat 2>/dev/null | cut -c 1-200 || true)"`;

/** Whether it has an address, and takes connections. */
const NEXT_HOP = `
address=$(getent ahostsv4 "$1" | awk 'NR == 1 { print $1 }') || true
printf 'address %s\\n' "$address"
if [ -n "$address" ]; then
  if timeout 4 bash -c 'exec 3<> "/dev/tcp/$1/$2"' bash "$address" "$2" 2>/dev/null; then echo "port open"; else echo "port shut"; fi
fi`;

const VRRP = `
journalctl --unit=keepalived.service --no-pager --quiet --output=short-iso --lines=6 \\
  --grep='Entering (MASTER|BACKUP|FAULT) STATE|Operation not permitted|Script .* now returning' 2>/dev/null || true`;

const SPLIT_BRAIN = `timeout 20 gluster --mode=script volume heal "$1" info split-brain`;
