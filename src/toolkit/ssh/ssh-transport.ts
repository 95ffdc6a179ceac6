import type { Readable } from "node:stream";
import { Limiter } from "../../support/limiter.ts";
import { keptBy, readStreamed, writeStreamed } from "../disk/local-file.ts";
import type { Answer, Command } from "../steps/command.ts";
import { connect, disconnect, type Session } from "./connect.ts";
import { execute, type Execution } from "./execute.ts";
import { Gateways } from "./gateways.ts";
import type { KnownHosts } from "./known-hosts.ts";
import { readKnownHosts } from "./known-hosts-file.ts";
import { type Login, Routes } from "./login.ts";
import type { SshOptions, Target } from "./options.ts";
import { quote } from "./quote.ts";
import { Starts } from "./starts.ts";
import { refuseSudoPassword, SudoPassword, type Turn, withoutPassword, withPassword } from "./sudo.ts";
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
  readonly #routes: Routes;
  readonly #starts: Starts;
  readonly #gateways: Gateways;
  readonly #sudo: SudoPassword | undefined;
  #knownHosts: Promise<KnownHosts> | undefined;

  constructor(targetOf: (machine: string) => Target, options: SshOptions) {
    this.#targetOf = targetOf;
    this.#options = options;
    this.#routes = new Routes(options);
    this.#starts = new Starts(options.limits);
    this.#gateways = new Gateways(options, () => this.#readKnownHosts(), this.#starts);
    this.#sudo = options.sudoPassword && new SudoPassword(options.sudoPassword);
  }

  async run(machine: string, command: Command, stdin?: Readable | string): Promise<Answer> {
    const slot = this.#slots.get(machine) ?? this.#open(machine);
    const { session, login } = await slot.connection;
    const isSudo = command.sudo && login.user !== "root";
    const turn = isSudo ? await this.#sudo?.turn(machine, login) : undefined;
    try {
      return await slot.channels.run(async () => {
        const { limits } = this.#options;
        const stdout = command.stdout && (await writeStreamed(command.stdout));
        const answer = await keptBy(stdout, async () =>
          execute(session.client, {
            machine,
            address: login,
            ...begin(machine, login, isSudo, turn, command.argv),
            stdin: stdin ?? (await ownStdin(command)),
            ...(stdout && { stdout }),
            channelTimeoutMs: limits.channelTimeoutMs,
            commandTimeoutMs: command.timeoutMs ?? limits.commandTimeoutMs,
            maxOutputBytes: limits.maxOutputBytes,
          }),
        );
        if (isSudo && !turn) refuseSudoPassword(machine, login, login.user, answer);
        return answer;
      });
    } finally {
      // Where the command did not come to begin.
      turn?.end("unknown");
    }
  }

  async close(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    const settled = await Promise.allSettled(slots.map((slot) => slot.connection));
    const open = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value.session] : []));
    await Promise.all(open.map(disconnect));
    await this.#gateways.close();
  }

  #open(machine: string): Slot {
    const connection = this.#connect(machine);
    const slot: Slot = { connection, channels: new Limiter(this.#options.limits.channelsPerConnection) };
    const forget = (): void => {
      if (this.#slots.get(machine) === slot) this.#slots.delete(machine);
    };
    connection.then(({ session }) => session.client.on("close", forget), forget);
    this.#slots.set(machine, slot);
    return slot;
  }

  async #connect(machine: string): Promise<Connection> {
    const [{ login, hops }, knownHosts] = await Promise.all([
      this.#routes.to(machine, this.#targetOf(machine)),
      this.#readKnownHosts(),
    ]);
    const dial = this.#gateways.through(hops);
    const session = await this.#starts.run(login, () => connect(login, knownHosts, this.#options, dial));
    return { login, session };
  }

  /** Read once: a person trusts keys before they run a command. */
  #readKnownHosts(): Promise<KnownHosts> {
    return (this.#knownHosts ??= readKnownHosts(this.#options.knownHostsFiles));
  }
}

function begin(
  machine: string,
  login: Login,
  isSudo: boolean,
  turn: Turn | undefined,
  argv: readonly string[],
): Pick<Execution, "commandLine" | "sudo"> {
  if (!isSudo) return { commandLine: quote(argv) };
  if (!turn) return { commandLine: quote(withoutPassword(argv)) };
  const dialogue = withPassword(argv);
  return { commandLine: quote(dialogue.argv), sudo: { machine, address: login, dialogue, turn } };
}

/** A local file is opened only when the command may start: it would otherwise wait open in the queue. */
async function ownStdin({ stdin }: Command): Promise<Readable | string | undefined> {
  return typeof stdin === "object" ? readStreamed(stdin) : stdin;
}
