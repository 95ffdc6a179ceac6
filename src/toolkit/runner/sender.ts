import type { Env } from "../../support/env.ts";
import { factsIn, resolvePlaceholders, type Resolver, secretsIn } from "../../support/placeholder.ts";
import type { Transport } from "../ssh/transport.ts";
import type { Answer, Command } from "../steps/command.ts";
import { Masker } from "./masker.ts";
import type { Recorder } from "./recorder.ts";

interface SenderOptions {
  readonly transport: Transport;
  readonly env: Env;
  readonly recorder: Recorder;
  readonly resolverOf: (machine: string) => Resolver;
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
    const { transport, env, recorder } = this.#options;
    const { stdin } = command;
    refusePlaceholders(command.argv);
    let code: number | undefined;
    try {
      const answer = await (typeof stdin === "string"
        ? transport.run(machine, command, this.#resolve(machine, stdin))
        : transport.run(machine, command));
      code = answer.code;
      return { code, stdout: this.#masker.mask(answer.stdout), stderr: this.#masker.mask(answer.stderr) };
    } finally {
      recorder.add(machine, command, env.now(), code);
    }
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
