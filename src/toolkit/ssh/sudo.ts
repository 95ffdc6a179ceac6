import { randomBytes } from "node:crypto";
import { UserError } from "../../support/errors.ts";
import { Limiter } from "../../support/limiter.ts";
import type { Secret } from "../../support/secret.ts";
import type { Answer } from "../steps/command.ts";
import { where } from "./errors.ts";
import type { Address } from "./known-hosts.ts";

/** How a command that needs root is begun, and what sudo says on standard error before the command itself runs. */
export interface SudoDialogue {
  readonly argv: readonly string[];
  /** sudo asks for the password by this line and no other. Unguessable: a program on the machine cannot make us send it. */
  readonly prompt: string;
  /** From here on, input and output are the command's own. */
  readonly begun: string;
}

/** sudo without a password: says no at once where it would ask. */
export function withoutPassword(argv: readonly string[]): readonly string[] {
  return ["sudo", "-n", "--", ...argv];
}

/**
 * sudo that takes a password from standard input, where it asks for one. See sudo(8): -S reads it from there, -k
 * ignores an earlier login, so that what is asked depends on the rules alone, -p is the question.
 */
export function withPassword(argv: readonly string[]): SudoDialogue {
  const word = randomBytes(16).toString("hex");
  const [prompt, begun] = [`password-${word}:`, `begun-${word}:`];
  // The shell tells that sudo is done with its questions: only then is what follows on standard input the command's.
  const shell = ["sh", "-c", 'printf %s "$1" >&2; shift; exec "$@"', "sh", begun];
  return { argv: ["sudo", "-k", "-S", "-p", prompt, "--", ...shell, ...argv], prompt, begun };
}

type Outcome = "unknown" | "right" | "wrong";

/** A command's turn to begin with sudo on a machine. Others wait for it: it must be ended. */
export interface Turn {
  /**
   * The answer to the machine's question. Throws SSH_SUDO where there is no password, and SSH_SUDO_PASSWORD where it
   * was refused elsewhere.
   */
  password(): Promise<Secret>;
  /** What sudo made of the password; "unknown" where it needed none, or its connection broke. No effect the second time. */
  end(outcome: Outcome): void;
}

/**
 * The operator's password, and where it was refused. A wrong one is said once, not once for each command and machine:
 * PAM locks accounts after a few failures, and counts a question that nobody answers as one. So until the password
 * proved right on a machine, one sudo at a time begins there; and until it did on any, one machine at a time is told it.
 */
export class SudoPassword {
  readonly #ask: () => Promise<Secret | undefined>;
  readonly #first = new Limiter(1);
  readonly #machines = new Map<string, { readonly turns: Limiter; state: Outcome }>();
  #known: Promise<Secret | undefined> | undefined;
  /** Of all machines: right as soon as it was right on one. */
  #outcome: Outcome = "unknown";

  constructor(ask: () => Promise<Secret | undefined>) {
    this.#ask = ask;
  }

  /** Waits until sudo may begin on a machine. Throws SSH_SUDO_PASSWORD where the password was refused already. */
  async turn(machine: string, address: Address & { readonly user: string }): Promise<Turn> {
    const here = this.#machines.get(machine) ?? { turns: new Limiter(1), state: "unknown" as Outcome };
    this.#machines.set(machine, here);
    const release = here.state === "unknown" ? await hold(here.turns) : () => undefined;
    if (here.state === "wrong" || this.#outcome === "wrong") {
      release();
      throw sudoPasswordWrong(machine, address, address.user);
    }
    if (here.state === "right") release();
    let releaseAll: (() => void) | undefined;
    let isEnded = false;
    return {
      password: async () => {
        const password = await (this.#known ??= this.#ask());
        if (!password) throw sudoAsks(machine, address, address.user);
        if (this.#outcome === "unknown") releaseAll = await hold(this.#first);
        if (isEnded || this.#outcome === "right") releaseAll?.();
        if (this.#outcome === "wrong") throw sudoPasswordWrong(machine, address, address.user);
        return password;
      },
      end: (outcome) => {
        if (isEnded) return;
        isEnded = true;
        if (outcome !== "unknown") here.state = outcome;
        if (this.#outcome === "unknown") this.#outcome = outcome;
        releaseAll?.();
        release();
      },
    };
  }
}

/** Takes a place of the limiter until the returned function is called, at least once. */
function hold(limiter: Limiter): Promise<() => void> {
  return new Promise((resolve) => {
    void limiter.run(() => new Promise<void>((release) => resolve(release)));
  });
}

/** Throws SSH_SUDO where `sudo -n` answered that it would have to ask. */
export function refuseSudoPassword(
  machine: string,
  address: Address,
  user: string,
  { code, stderr }: Answer,
): void {
  if (code !== 0 && /^sudo: .*(password is required|terminal is required|must have a tty)/m.test(stderr))
    throw sudoAsks(machine, address, user);
}

function sudoAsks(machine: string, address: Address, user: string): UserError {
  return new UserError(
    "SSH_SUDO",
    `${user} may not use sudo without a password on ${where(machine, address)}`,
    `name a file with the password in MAILBASTION_SUDO_PASSWORD_FILE, or run this on a terminal, which asks; or on ${machine} write "${user} ALL=(ALL) NOPASSWD:ALL" to /etc/sudoers.d/mailbastion`,
  );
}

export function sudoPasswordWrong(machine: string, address: Address, user: string): UserError {
  return new UserError(
    "SSH_SUDO_PASSWORD",
    `sudo on ${where(machine, address)} refused the password of ${user}; it was not said again`,
    "correct the password: too many wrong ones lock the account",
  );
}

/** sudo ended before the command began: the user may not use it, it is not installed, or its rules are broken. */
export function sudoRefused(machine: string, address: Address, user: string, said: string): UserError {
  const line = said
    .split("\n")
    .map((text) => text.trim())
    .findLast((text) => text !== "");
  return new UserError(
    "SSH_SUDO",
    `sudo on ${where(machine, address)} did not run the command for ${user}: ${line ?? "it said nothing"}`,
    `on ${machine} let ${user} use sudo for all commands, or log in as root`,
  );
}
