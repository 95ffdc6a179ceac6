import * as z from "zod";
import { ask, script, type Answer, type Command } from "../steps/command.ts";
import { sections } from "../services/sections.ts";

/** What a machine says of itself, whatever runs on it. Sizes are bytes, times milliseconds since 1970. */
export const machineFactsSchema = z.strictObject({
  uptimeSeconds: z.number(),
  processors: z.number(),
  /** Over the last minute: processes that run or want to. */
  load: z.number(),
  memory: z.strictObject({ total: z.number(), available: z.number() }),
  /** The file system of /var, where queue, databases and logs lie. */
  disk: z.strictObject({ total: z.number(), available: z.number(), inodesUsedPercent: z.number() }),
  /** Every IPv4 address that the machine bears now. */
  addresses: z.array(z.string()),
  /** Units that systemd gave up, ours and others. */
  failedUnits: z.array(z.string()),
  certificates: z.array(z.strictObject({ path: z.string(), notAfter: z.number() })),
  /** Versions of our packages; one that is not installed is absent. */
  packages: z.record(z.string(), z.string()),
});
export type MachineFacts = z.infer<typeof machineFactsSchema>;

/** Asks for it. `certificates` are folders with PEM files; reads only. */
export function machineFactsCommand(certificates: readonly string[], packages: readonly string[]): Command {
  return ask(script(LOOK, [String(packages.length), ...packages, ...certificates]));
}

/** Each part may fail by itself: a machine without openssl still has an uptime. */
const LOOK = `
count=$1
shift
packages=
while [ "$count" -gt 0 ]; do packages="$packages $1" count=$((count - 1)); shift; done
echo @uptime; cat /proc/uptime
echo @processors; nproc
echo @load; cat /proc/loadavg
echo @memory; cat /proc/meminfo
echo @disk; df -P -B1 /var | tail -n 1
echo @inodes; df -P -i /var | tail -n 1
echo @addresses; ip -o -4 address show || true
echo @failed; systemctl list-units --state=failed --no-legend --plain 2>/dev/null || true
echo @packages; dpkg-query --show --showformat '\${Package} \${Version} \${db:Status-Status}\\n' $packages 2>/dev/null || true
echo @certificates
for folder; do
  for file in "$folder"/*.pem; do
    if [ -f "$file" ]; then echo "$file $(openssl x509 -noout -enddate -in "$file" 2>/dev/null || true)"; fi
  done
done`;

export function parseMachineFacts({ stdout }: Answer): MachineFacts {
  const part = sections(stdout);
  const fields = (name: string) => part(name).trim().split(/\s+/);
  const lines = (name: string) =>
    part(name)
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => line.trim().split(/\s+/));
  const kibibytes = (name: string) =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(part("memory"))?.[1] ?? 0);
  const [, total, , available] = fields("disk");
  return {
    uptimeSeconds: amount(fields("uptime")[0]),
    processors: amount(fields("processors")[0]),
    load: amount(fields("load")[0]),
    memory: { total: kibibytes("MemTotal"), available: kibibytes("MemAvailable") },
    disk: {
      total: amount(total),
      available: amount(available),
      // A file system without a fixed number of inodes says "-".
      inodesUsedPercent: Number.parseInt(fields("inodes")[4] ?? "", 10) || 0,
    },
    addresses: lines("addresses").map((line) => line[3]!.split("/")[0]!),
    failedUnits: lines("failed").map(([unit]) => unit!),
    certificates: lines("certificates").flatMap(([path, ...rest]) => {
      const notAfter = Date.parse(rest.join(" ").replace("notAfter=", ""));
      return Number.isNaN(notAfter) ? [] : [{ path: path!, notAfter }];
    }),
    packages: Object.fromEntries(
      lines("packages")
        .filter(([, , state]) => state === "installed")
        .map(([name, version]) => [name!, version!]),
    ),
  };
}

/** What a machine cannot say is 0: no rule takes that for a shortage. */
function amount(text: string | undefined): number {
  const number = Number(text);
  return Number.isFinite(number) ? number : 0;
}
