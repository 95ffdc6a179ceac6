import { critical, note, warning, type Finding } from "../../finding.ts";
import { answersTo, type DeepRules } from "../deep-view.ts";

const PRESSURE_LIMIT = 20;

/** What a machine runs short of without anybody noticing, and who keeps its time. */
export const limitRules: DeepRules = (view) =>
  answersTo(view, "machine").flatMap(({ machine, answer }) => {
    const value = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(answer.stdout)?.[1]?.trim() ?? "";
    return [
      ...conntrack(machine, Number(value("conntrack")), Number(value("conntrack-max"))),
      ...files(machine, value("files")),
      ...pressure(machine, "io", Number(value("pressure-io"))),
      ...pressure(machine, "memory", Number(value("pressure-memory"))),
      // A container has its host's clock, and may not set it.
      ...(value("container") === "none" && value("synchronised") !== "yes" ? [unsynchronised(machine)] : []),
      ...(value("killed") === "" ? [] : [killed(machine, value("killed"))]),
    ];
  });

function conntrack(machine: string, count: number, most: number): readonly Finding[] {
  if (!(most > 0) || count < 0.8 * most) return [];
  return [
    (count > 0.95 * most ? critical : warning)({
      rule: "conntrack-full",
      machines: [machine],
      finding: `the firewall of ${machine} tracks ${count} of at most ${most} connections`,
      cause: "above that number the kernel drops every new connection, whoever it is from",
      remedy: `on ${machine}: sysctl net.netfilter.nf_conntrack_max=${most * 2}, and the same in /etc/sysctl.d`,
      evidence: [`nf_conntrack_count ${count}, nf_conntrack_max ${most}`],
    }),
  ];
}

/** proc_sys_fs(5), file-nr: in use, free, most. */
function files(machine: string, text: string): readonly Finding[] {
  const [used = 0, , most = 0] = text.split(/\s+/).map(Number);
  if (!(most > 0) || used < 0.8 * most) return [];
  return [
    warning({
      rule: "files-short",
      machines: [machine],
      finding: `${machine} has ${used} of at most ${most} files open`,
      remedy: `on ${machine}: sysctl fs.file-max=${most * 2}; and see who holds them: lsof -n | cut -d' ' -f1 | sort | uniq -c | sort -n`,
      evidence: [`/proc/sys/fs/file-nr: ${text}`],
    }),
  ];
}

function pressure(machine: string, kind: "io" | "memory", share: number): readonly Finding[] {
  if (!(share > PRESSURE_LIMIT)) return [];
  const isDisk = kind === "io";
  const what = isDisk ? "its disk" : "memory";
  return [
    warning({
      rule: isDisk ? "pressure-io" : "pressure-memory",
      machines: [machine],
      finding: `on ${machine} everything waited for ${what} ${Math.round(share)} % of the last ten seconds`,
      cause: isDisk
        ? "each accepted mail and each commit waits for the disk"
        : "the kernel is swapping, or about to end something",
      remedy: isDisk
        ? `on ${machine}: iostat -x 1, or cat /proc/pressure/io`
        : `on ${machine}: ps aux --sort=-rss | head`,
      evidence: [`/proc/pressure/${kind}: full avg10=${share}`],
    }),
  ];
}

function unsynchronised(machine: string): Finding {
  return note({
    rule: "clock-unkept",
    machines: [machine],
    finding: `nobody keeps the clock of ${machine}`,
    remedy: `on ${machine}: apt-get install chrony, or timedatectl set-ntp true`,
    evidence: ["timedatectl: NTPSynchronized is not yes"],
  });
}

function killed(machine: string, line: string): Finding {
  return warning({
    rule: "memory-killed",
    machines: [machine],
    finding: `the kernel of ${machine} ended a process within the last day, as memory was short`,
    remedy: "make database.bufferPool or cache.maxMemory smaller and apply, or give the machine more",
    evidence: [line],
  });
}
