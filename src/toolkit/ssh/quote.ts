/** Nothing in a word of these characters is special to a POSIX shell, wherever the word stands but first. */
const PLAIN = /^[A-Za-z0-9_/.,:=@%+-]+$/;

/** POSIX.1-2017, Shell Command Language, 2.4, and what bash and ksh add: special when first and unquoted. */
const RESERVED = new Set(
  "if then else elif fi do done case esac while until for in function select time coproc".split(" "),
);

/**
 * A command line that a POSIX shell splits into exactly these words. The one place where arguments become text.
 *
 * Throws on no words, and on what no process can be given: a NUL character, or half of a surrogate pair.
 */
export function quote(argv: readonly string[]): string {
  if (argv.length === 0) throw new RangeError("a command needs at least a program");
  return argv.map((word, index) => (isPlain(word, index === 0) ? word : quoted(word))).join(" ");
}

function isPlain(word: string, isFirst: boolean): boolean {
  if (!PLAIN.test(word)) return false;
  return !isFirst || !(word.includes("=") || RESERVED.has(word));
}

function quoted(word: string): string {
  if (word.includes("\0") || !word.isWellFormed()) {
    throw new RangeError(`${JSON.stringify(word)} cannot be an argument of a command`);
  }
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
