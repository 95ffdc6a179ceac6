import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import type { Readable } from "node:stream";
import { UserError } from "../../support/errors.ts";
import { Limiter } from "../../support/limiter.ts";
import type { Answer, Command } from "../steps/command.ts";
import { connect, disconnect, type Session } from "./connect.ts";
import { where } from "./errors.ts";
import { execute } from "./execute.ts";
import { type Login, resolveLogin } from "./login.ts";
import type { SshOptions, Target } from "./options.ts";
import { quote } from "./quote.ts";
import type { Transport } from "./transport.ts";

interface Connection {
  readonly session: Session;
  readonly login: Login;
}

interface Slot {
  readonly connection: Promise<Connection>;
  /** Below the number of channels that a server allows on one connection. */
  readonly channels: Limiter;
}

/** One connection per machine, opened at its first command, shared by all, opened again after a loss. */
export class SshTransport implements Transport {
  readonly #targetOf: (machine: string) => Target;
  readonly #options: SshOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #starts: Limiter;

  constructor(targetOf: (machine: string) => Target, options: SshOptions) {
    this.#targetOf = targetOf;
    this.#options = options;
    this.#starts = new Limiter(options.limits.startsAtOnce);
  }

  async run(machine: string, command: Command, stdin?: Readable | string): Promise<Answer> {
    const slot = this.#slots.get(machine) ?? this.#open(machine);
    const { session, login } = await slot.connection;
    return slot.channels.run(async () => {
      const isSudo = command.sudo && login.user !== "root";
      const { limits } = this.#options;
      const answer = await execute(session.client, {
        machine,
        address: login,
        commandLine: quote(isSudo ? ["sudo", "-n", "--", ...command.argv] : command.argv),
        stdin: stdin ?? (await ownStdin(command)),
        channelTimeoutMs: limits.channelTimeoutMs,
        commandTimeoutMs: command.timeoutMs ?? limits.commandTimeoutMs,
        maxOutputBytes: limits.maxOutputBytes,
      });
      if (isSudo) refuseSudoPassword(machine, login, answer);
      return answer;
    });
  }

  async close(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    const settled = await Promise.allSettled(slots.map((slot) => slot.connection));
    const open = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value.session] : []));
    await Promise.all(open.map(disconnect));
  }

  #open(machine: string): Slot {
    const connection = this.#starts.run(async () => {
      const login = await resolveLogin(machine, this.#targetOf(machine), this.#options);
      return { login, session: await connect(machine, login, this.#options) };
    });
    const slot: Slot = { connection, channels: new Limiter(this.#options.limits.channelsPerConnection) };
    const forget = (): void => {
      if (this.#slots.get(machine) === slot) this.#slots.delete(machine);
    };
    connection.then(({ session }) => session.client.on("close", forget), forget);
    this.#slots.set(machine, slot);
    return slot;
  }
}

/** A local file is opened only when the command may start: it would otherwise wait open in the queue. */
async function ownStdin(command: Command): Promise<Readable | string | undefined> {
  if (command.stdin === undefined || typeof command.stdin === "string") return command.stdin;
  const path = command.stdin.localFile;
  try {
    await access(path);
  } catch (error) {
    throw new UserError(
      "LOCAL_FILE_UNREADABLE",
      `${path}, which was to be sent, cannot be read`,
      "put the file there and run the command again",
      {
        cause: error,
      },
    );
  }
  return createReadStream(path, { highWaterMark: 256 * 1024 });
}

function refuseSudoPassword(machine: string, login: Login, answer: Answer): void {
  if (answer.code === 0 || !/^sudo: .*(password|terminal) is required/m.test(answer.stderr)) return;
  throw new UserError(
    "SSH_SUDO",
    `${login.user} may not use sudo without a password on ${where(machine, login)}`,
    `on ${machine} write "${login.user} ALL=(ALL) NOPASSWD:ALL" to /etc/sudoers.d/mailbastion, or log in as root`,
  );
}
