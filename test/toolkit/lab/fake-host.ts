import type { Host } from "../../../src/toolkit/lab/host.ts";
import type { Answer } from "../../../src/toolkit/steps/command.ts";

export interface FakeHostOptions {
  readonly files?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly root?: boolean;
  /** The answer to a command, by its words; everything else succeeds silently. */
  readonly answer?: (command: string) => Partial<Answer> | undefined;
}

/** A host that does nothing and writes down what it was told. */
export class FakeHost implements Host {
  readonly commands: string[] = [];
  readonly inputs: string[] = [];
  readonly daemons: string[] = [];
  readonly #options: FakeHostOptions;

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
  }

  run(argv: readonly string[], options: { readonly stdin?: string } = {}): Promise<Answer> {
    const command = argv.join(" ");
    this.commands.push(command);
    if (options.stdin !== undefined) this.inputs.push(options.stdin);
    return Promise.resolve({ code: 0, stdout: "", stderr: "", ...this.#options.answer?.(command) });
  }

  daemon(argv: readonly string[]): void {
    this.daemons.push(argv.join(" "));
  }

  exists(path: string): boolean {
    return this.#options.files?.includes(path) ?? false;
  }

  environment(name: string): string | undefined {
    return this.#options.environment?.[name];
  }

  isRoot(): boolean {
    return this.#options.root ?? true;
  }
}
