import { UserError } from "../../support/errors.ts";
import { describeKey, type HostKey } from "./host-key.ts";
import type { Address } from "./known-hosts.ts";

/** Faults that pass by themselves: the machine starts, restarts its SSH server, or the network comes back. */
const PASSING = new Set(["SSH_REFUSED", "SSH_TIMEOUT", "SSH_LOST", "SSH_COMMAND_TIMEOUT", "SSH_UNREACHABLE"]);

/** Whether trying again later may help. A changed key or a refused login will not go away by itself. */
export function isPassing(error: unknown): boolean {
  return error instanceof UserError && PASSING.has(error.code);
}

export function where(machine: string, address: Address): string {
  return `${machine} (${address.host}:${address.port})`;
}

export function hostKeyUnknown(machine: string, address: Address, shown: HostKey): UserError {
  return new UserError(
    "SSH_HOST_KEY_UNKNOWN",
    `the host key of ${where(machine, address)} is not known here; it shows ${describeKey(shown)}`,
    "run `mbctl trust`, after comparing this fingerprint with the one on the machine's own console",
  );
}

export function hostKeyChanged(
  machine: string,
  address: Address,
  shown: HostKey,
  known: readonly HostKey[],
  files: readonly string[],
): UserError {
  return new UserError(
    "SSH_HOST_KEY_CHANGED",
    `the host key of ${where(machine, address)} has changed: known is ${known.map(describeKey).join(" or ")}, it shows ${describeKey(shown)}`,
    `somebody may be listening in; if the machine was made anew, run \`mbctl trust --forget\` for it, which takes its line out of ${files[0]}`,
  );
}

export function hostKeyRevoked(machine: string, address: Address, shown: HostKey): UserError {
  return new UserError(
    "SSH_HOST_KEY_REVOKED",
    `${where(machine, address)} shows the host key ${describeKey(shown)}, which is marked as revoked`,
    "give the machine new host keys, then run `mbctl trust`",
  );
}

export function authenticationFailed(
  machine: string,
  address: Address,
  user: string,
  tried: readonly string[],
): UserError {
  const how = tried.length > 0 ? `tried ${tried.join(", ")}` : "there is no agent and no key file to try";
  return new UserError(
    "SSH_AUTH",
    `${where(machine, address)} let nobody in as ${user}: ${how}`,
    `add your key to the agent with ssh-add and to ~${user}/.ssh/authorized_keys on ${machine}`,
  );
}

/** What ssh2 or the system says of a connection that did not come about, or broke, as one of our own errors. */
export function connectionFailed(machine: string, address: Address, cause: Error): UserError {
  const place = where(machine, address);
  const fault = (code: string, message: string, remedy: string): UserError =>
    new UserError(code, message, remedy, { cause });
  switch ((cause as NodeJS.ErrnoException).code) {
    case "ECONNREFUSED":
      return fault(
        "SSH_REFUSED",
        `${place} refused the connection`,
        "start its SSH server, or correct address and port in the cluster file or ~/.ssh/config",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return fault(
        "SSH_HOST_UNKNOWN",
        `the name of ${place} does not resolve to an address`,
        "correct the name in the cluster file, or add it to the DNS or /etc/hosts",
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return fault(
        "SSH_UNREACHABLE",
        `there is no route to ${place}`,
        "see that the machine runs and that this computer is in its network",
      );
    case "ETIMEDOUT":
      return timedOut(machine, address, cause);
    default:
      return sshFailed(machine, address, cause);
  }
}

/** What ssh2 itself says, where the system's own calls went well. */
function sshFailed(machine: string, address: Address, cause: Error): UserError {
  if ((cause as { readonly level?: string }).level === "client-timeout")
    return timedOut(machine, address, cause);
  if (isDrop(cause)) return lost(machine, address, `before a command could run: ${cause.message}`, cause);
  return new UserError(
    "SSH_HANDSHAKE",
    `${where(machine, address)} and this program did not come to terms: ${cause.message}`,
    "see that this is the port of an SSH server, and update it",
    { cause },
  );
}

/** Whether the other end closed the connection, with or without a word, rather than said what we do not understand. */
function isDrop(cause: Error): boolean {
  const { level, code } = cause as { readonly level?: string; readonly code?: unknown };
  // ssh2 gives the number of the reason as code where the server sent one. RFC 4253, 11.1.
  return (
    level === "client-socket" ||
    typeof code === "number" ||
    /^connection (lost|closed) before/i.test(cause.message)
  );
}

/** What a jump host says when it cannot open a connection to the next machine. RFC 4254, 5.1; the words are those of errno(3). */
export function wayRefused(
  machine: string,
  address: Address,
  jumpHost: string,
  cause: Error & { readonly reason?: unknown },
): UserError {
  const place = `${where(machine, address)} through the ${jumpHost}`;
  const fault = (code: string, message: string, remedy: string): UserError =>
    new UserError(code, message, remedy, { cause });
  if (cause.reason !== CONNECT_FAILED) {
    return fault(
      "SSH_JUMP",
      `there is no way to ${place}, which opens none: ${cause.message}`,
      "look at AllowTcpForwarding and PermitOpen in the jump host's sshd_config",
    );
  }
  if (/refused/i.test(cause.message)) {
    return fault(
      "SSH_REFUSED",
      `${place} refused the connection`,
      "start its SSH server, or correct address and port in the cluster file or ~/.ssh/config",
    );
  }
  if (/timed out/i.test(cause.message)) return timedOut(machine, address, cause);
  return fault(
    "SSH_UNREACHABLE",
    `there is no way to ${place}: ${cause.message}`,
    "see that the machine runs, and that the jump host knows its name and is in its network",
  );
}

/** SSH_OPEN_CONNECT_FAILED */
const CONNECT_FAILED = 2;

export function channelRefused(machine: string, address: Address, cause: Error): UserError {
  return new UserError(
    "SSH_CHANNEL",
    `${where(machine, address)} let us in and then refused to run a command: ${cause.message}`,
    "look at MaxSessions, ForceCommand and the user's shell on the machine",
    { cause },
  );
}

export function timedOut(machine: string, address: Address, cause?: Error): UserError {
  return new UserError(
    "SSH_TIMEOUT",
    `${where(machine, address)} did not answer in time`,
    "see that the machine runs and that no firewall drops the connection",
    { cause },
  );
}

export function lost(machine: string, address: Address, when: string, cause?: Error): UserError {
  return new UserError(
    "SSH_LOST",
    `the connection to ${where(machine, address)} was lost ${when}`,
    "its state is unknown: see that it runs, then run the command again: what is done already is not repeated",
    { cause },
  );
}
