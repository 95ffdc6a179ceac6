import type { Env } from "../../support/env.ts";
import type { UserError } from "../../support/errors.ts";
import { factsIn, resolvePlaceholders, type Resolver, secretsIn } from "../../support/placeholder.ts";
import type { Transport } from "../ssh/transport.ts";
import type { Answer, Command } from "../steps/command.ts";
import { fenced, isFencedOff } from "./lock/fence.ts";
import { Masker } from "./masker.ts";
import type { Recorder } from "./recorder.ts";

/** What a changing command must pass. */
export interface Fence {
  readonly token: string;
  /** Throws LOCK_LOST when the lock is no longer ours. */
  check(): void;
  /** Takes the lock on a machine that does not bear it yet. */
  extendTo(machine: string): Promise<void>;
  /** Tells it that a machine bears another's lock. Returns LOCK_LOST. */
  lose(machine: string): UserError;
}

interface SenderOptions {
  readonly transport: Transport;
  readonly env: Env;
  readonly recorder: Recorder;
  readonly resolverOf: (machine: string) => Resolver;
  readonly fence?: Fence;
}

/** The one way of a command to a machine: puts secrets into standard input, records, and hides them from the answer. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #masker = new Masker();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** The answer, with *** for every secret that was sent in this run. */
  async send(machine: string, command: Command): Promise<Answer> {
    const { transport, env, recorder, fence } = this.#options;
    const { stdin } = command;
    refusePlaceholders(command.argv);
    let code: number | undefined;
    try {
      const sent = await this.#fence(machine, command);
      const answer = await (typeof stdin === "string"
        ? transport.run(machine, sent, this.#resolve(machine, stdin))
        : transport.run(machine, sent));
      if (fence && sent !== command && isFencedOff(answer)) throw fence.lose(machine);
      code = answer.code;
      return { code, stdout: this.#masker.mask(answer.stdout), stderr: this.#masker.mask(answer.stderr) };
    } finally {
      recorder.add(machine, command, env.now(), code);
    }
  }

  async #fence(machine: string, command: Command): Promise<Command> {
    const { fence } = this.#options;
    if (!fence || !command.mutates) return command;
    fence.check();
    await fence.extendTo(machine);
    return fenced(command, fence.token);
  }

  #resolve(machine: string, stdin: string): string {
    const resolver = this.#options.resolverOf(machine);
    return resolvePlaceholders(stdin, {
      fact: (name) => resolver.fact(name),
      secret: (ref) => {
        const value = resolver.secret(ref);
        this.#masker.hide(value);
        return value;
      },
    });
  }
}

/** Arguments are seen by every user of the machine, and in the log of the run: what must be resolved travels as input. */
function refusePlaceholders(argv: readonly string[]): void {
  const found = argv.find((word) => secretsIn(word).length > 0 || factsIn(word).length > 0);
  if (found !== undefined) throw new Error(`the argument ${found} holds a placeholder`);
}
