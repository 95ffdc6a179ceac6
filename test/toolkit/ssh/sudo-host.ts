import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { findSshd, startSshd, type TestServer } from "./servers.ts";

/** A server whose user is not root and must tell sudo a password. */
export interface SudoHost extends TestServer {
  readonly password: string;
  /** Replaces what sudo allows. */
  allow(rule: string): void;
  /** What sudo logged: every command, and every failed attempt. */
  log(): string;
  /** How often PAM counted a failure. */
  failures(): number;
}

const USER = "mbtest";
const UID = 59_999;

/**
 * Whether this machine can be one: the tests run as root and may have a view of the file system of their own, in which
 * accounts and rules are others than outside. Nothing outside is changed.
 */
export function canHostSudo(): boolean {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/sudo") || !findSshd()) return false;
  return spawnSync("unshare", ["-m", "true"]).status === 0;
}

/** A real sshd with a real sudo, PAM included, for an account that exists in its own view of /etc alone. */
export async function startSudoHost(): Promise<SudoHost> {
  const folder = mkdtempSync(join(tmpdir(), "mailbastion-sudo-"));
  chmodSync(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  const password = `it's "secret" $HOME ü`;
  const hash = execFileSync("openssl", ["passwd", "-6", "-stdin"], {
    input: password,
    encoding: "utf8",
  }).trim();
  const put = (name: string, text: string, mode: number): void => {
    writeFileSync(at(name), text);
    chmodSync(at(name), mode);
  };
  put("passwd", `${readFileSync("/etc/passwd", "utf8")}${USER}:x:${UID}:${UID}::/tmp:/bin/sh\n`, 0o644);
  put("group", `${readFileSync("/etc/group", "utf8")}${USER}:x:${UID}:\n`, 0o644);
  put("shadow", `${readFileSync("/etc/shadow", "utf8")}${USER}:${hash}:19000:0:99999:7:::\n`, 0o640);
  const allow = (rule: string): void => {
    // Truncated, not replaced: the server sees this very file.
    put(
      "sudoers",
      `Defaults logfile=${at("log")}, passwd_tries=3\nroot ALL=(ALL) ALL\n${USER} ${rule}\n`,
      0o440,
    );
  };
  allow("ALL=(ALL) ALL");
  put("attempts", "", 0o666);
  put("count", `#!/bin/sh\necho attempt >> ${at("attempts")}\n`, 0o755);
  // Counts where pam_faillock would: after a password that was wrong, or never came.
  const pam = ["auth sufficient pam_unix.so nodelay", `auth optional pam_exec.so quiet ${at("count")}`];
  put("sudo", [...pam, "auth required pam_deny.so", "account required pam_unix.so", ""].join("\n"), 0o644);
  const mounts = ["passwd", "group", "shadow", "sudoers", "pam.d/sudo"].map(
    (file) => `mount --bind ${at(basename(file))} /etc/${file}`,
  );
  const script = `${mounts.join(" && ")} && exec "$@"`;
  const server = await startSshd(findSshd()!, {
    prefix: ["unshare", "-m", "sh", "-c", script, "sh"],
    user: USER,
  });
  return {
    ...server,
    password,
    allow,
    log: () => (existsSync(at("log")) ? readFileSync(at("log"), "utf8") : ""),
    failures: () => readFileSync(at("attempts"), "utf8").split("\n").length - 1,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
