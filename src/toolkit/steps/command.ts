/**
 * A command as data: what would run on a machine, told apart from running it.
 *
 * The same object is printed by a dry run, executed over SSH, recorded and compared in tests.
 */
export interface Command {
  /** Program and arguments, unquoted. Quoting for the remote shell is the transport's work, in one function. */
  readonly argv: readonly string[];
  /** Whether it needs root. Nearly all do; the transport adds sudo where the login is not root. */
  readonly sudo: boolean;
  /** Whether it changes anything on the machine. A second apply runs no command that does. */
  readonly mutates: boolean;
  /** Fed to standard input. May hold placeholders; they are resolved on the way and never printed. */
  readonly stdin?: string | LocalFile;
  /**
   * Where its standard output goes, as it comes, instead of into the answer; for what is too large for memory. The file
   * is there only when the command ended with exit code 0.
   */
  readonly stdout?: LocalFile;
  /** The longest it may take, in milliseconds. Default: the transport's. */
  readonly timeoutMs?: number;
}

/** A file of the operator's machine that is streamed to a command or from it; for what is too large for memory. */
export interface LocalFile {
  readonly localFile: string;
  /** A file with an age identity, by which it is sealed on its way to the disk and opened on its way from it. */
  readonly keyFile?: string;
}

/** What a command answered. A command that could not be run at all is an error, not an answer. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Options = Omit<Command, "argv" | "mutates" | "sudo">;

/** A command that only looks. */
export function ask(argv: readonly string[], options: Options = {}): Command {
  return { argv, sudo: true, mutates: false, ...options };
}

/** A command that changes something. */
export function act(argv: readonly string[], options: Options = {}): Command {
  return { argv, sudo: true, mutates: true, ...options };
}

/**
 * A shell script as a command: the text is the script, `args` are its $1, $2 ...
 *
 * Values never enter the text; they are passed as arguments, so that nothing needs quoting.
 */
export function script(text: string, args: readonly string[] = []): readonly string[] {
  return ["sh", "-euc", text, "sh", ...args];
}
