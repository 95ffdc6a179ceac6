import { UserError } from "../../support/errors.ts";
import type { Host } from "./host.ts";

/** Engine, the tool that makes the base image where no registry answers, and what cuts a machine's network. */
const PACKAGES = ["docker.io", "debootstrap", "iptables"] as const;

/** Whether a machine may be changed, and whom to tell. */
export interface Consent {
  /** Go ahead without asking, as with `--yes` or `CI=true`. */
  readonly yes: boolean;
  /** Puts a question that is answered by yes or no. Never called with `yes`. */
  readonly ask: (question: string) => Promise<boolean>;
  readonly report: (line: string) => void;
}

/** What a dockerd says that was started without systemd. */
export const DOCKERD_LOG = "/var/log/mailbastion-dockerd.log";

/**
 * Installs Debian's Docker engine unless a dockerd is there already. Asks first, unless told yes.
 *
 * Throws DOCKER_ABSENT when the machine has no apt, the answer is no, or the installation fails.
 */
export async function installEngine(host: Host, options: Consent): Promise<void> {
  if (host.exists("/usr/sbin/dockerd") || host.exists("/usr/bin/dockerd")) return;
  if (!host.exists("/etc/debian_version") || !host.exists("/usr/bin/apt-get")) {
    throw new UserError(
      "DOCKER_ABSENT",
      "there is no Docker engine on this machine and it is not a Debian, so none can be installed unasked",
      "install Docker as its manual says for this system and run the command again",
    );
  }
  const list = PACKAGES.join(", ");
  if (!options.yes && !(await options.ask(`No Docker engine on this machine. Install ${list} with apt?`))) {
    throw new UserError(
      "DOCKER_ABSENT",
      "there is no Docker engine on this machine",
      `install ${list}, or answer yes next time`,
    );
  }
  options.report(`installing ${list}`);
  for (const argv of [
    ["apt-get", "update", "-q"],
    ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...PACKAGES],
  ]) {
    const answer = await host.run(argv);
    if (answer.code !== 0) {
      throw new UserError(
        "DOCKER_ABSENT",
        `${argv.join(" ")} failed: ${lastLine(answer.stderr || answer.stdout)}`,
        "mend apt on this machine, or install Docker yourself, and run the command again",
      );
    }
  }
}

/** Starts dockerd: through systemd where that runs, else as a process of its own that outlives this one. */
export async function startEngine(host: Host, report: (line: string) => void): Promise<void> {
  if (host.exists("/run/systemd/system")) {
    report("starting docker.service");
    await host.run(["systemctl", "start", "docker.service"]);
    return;
  }
  report("starting dockerd");
  host.daemon(["dockerd"], DOCKERD_LOG);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
