import { stripVTControlCharacters } from "node:util";
import { statusTable } from "./table.ts";
import type { Change, Frame } from "./watch.ts";

/** Control sequences of ECMA-48, which every terminal of today understands. */
const ALTERNATE = "\x1b[?1049h\x1b[?25l";
const BACK = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_TO_END_OF_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** What a live screen is drawn on; a terminal, or a test's list. */
export interface Terminal {
  write(text: string): void;
  /** As they are now: a window is resized at any time. */
  rows(): number;
  columns(): number;
}

/** A screen that is drawn in place. What stood on the terminal before is there again when it is closed. */
export class Screen {
  readonly #terminal: Terminal;
  #isOpen = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  draw(text: string): void {
    const open = this.#isOpen ? "" : ALTERNATE;
    this.#isOpen = true;
    const body = fitting(text.split("\n"), this.#terminal.rows(), this.#terminal.columns())
      .map((line) => `${line}${CLEAR_TO_END_OF_LINE}`)
      .join("\n");
    this.#terminal.write(`${open}${HOME}${body}${CLEAR_BELOW}`);
  }

  /** Safe to call again, and when nothing was drawn. */
  close(): void {
    if (this.#isOpen) this.#terminal.write(BACK);
    this.#isOpen = false;
  }
}

/** What does not fit is said to be there: a cut that nobody sees would hide the worst. */
function fitting(lines: readonly string[], rows: number, columns: number): readonly string[] {
  const heights = lines.map((line) =>
    Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns)),
  );
  const sum = (count: number) => heights.slice(0, count).reduce((total, height) => total + height, 0);
  if (sum(lines.length) <= rows) return lines;
  let count = lines.length;
  while (count > 0 && sum(count) > rows - 1) count--;
  return [...lines.slice(0, count), `... and ${lines.length - count} more lines`];
}

/** A frame as text: what changed comes first, as it is what a person watches for. */
export function frameText({ judged, ageSeconds, changes }: Frame): string {
  const { cluster, at, tookMs } = judged.status;
  const head = `${cluster}  as of ${clockTime(at)}, ${ageSeconds} s ago (asked in ${(tookMs / 1000).toFixed(1)} s)`;
  const news = changes.map(changeLine);
  return [head, ...news, "", statusTable(judged.status, judged.findings)].join("\n");
}

/** A block for a pipe or a log: what changed since the one before, then all. */
export function blockText(frame: Frame): string {
  const { cluster, at } = frame.judged.status;
  const news = frame.changes.filter((change) => change.at === at).map(changeLine);
  const table = statusTable(frame.judged.status, frame.judged.findings);
  return [`=== ${cluster} ${new Date(at).toISOString()}`, ...news, table, ""].join("\n");
}

function changeLine({ at, text }: Change): string {
  return `${clockTime(at)}  ${text}`;
}

function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}
