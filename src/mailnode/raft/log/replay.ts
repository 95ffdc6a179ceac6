import { BinaryWriter } from "../../../support/binary-writer.ts";
import type { Index, NodeId, Term } from "../core/types.ts";
import { LogOrderError, LogTable } from "./log-table.ts";
import { addItem, EMPTY_CHECKPOINT, readItem, type Checkpoint, type SegmentHead } from "./payloads.ts";
import type { LogRecord } from "./record.ts";

/** What the records of one segment were. Overruled entries count. */
export interface SegmentContent {
  records: number;
  entries: number;
  firstIndex: Index | undefined;
  lastIndex: Index | undefined;
  firstTerm: Term | undefined;
  lastTerm: Term | undefined;
}

/** Builds the table of a log from its records, in the order in which they were written. */
export class Replay {
  #table = new LogTable(EMPTY_CHECKPOINT);
  #node: NodeId | undefined;
  /** The CRC of the last record; undefined before the first. */
  #chain: number | undefined;

  get table(): LogTable {
    return this.#table;
  }

  get node(): NodeId | undefined {
    return this.#node;
  }

  get chain(): number | undefined {
    return this.#chain;
  }

  /** Throws BinaryError or LogOrderError for a record that no node writes there. */
  take(record: LogRecord, segment: number, content: SegmentContent): void {
    const item = readItem(record);
    if ((item.kind === "head") !== (record.start === 0)) {
      throw new LogOrderError(`a record of kind ${item.kind} stands where none may`);
    }
    if (item.kind === "head") this.#takeHead(item.head, segment);
    else this.#table.put(item, { segment, at: record.start });
    this.#chain = record.crc;
    content.records++;
    if (item.kind !== "entry") return;
    const { index, term } = item.entry;
    content.entries++;
    content.firstIndex = Math.min(index, content.firstIndex ?? index);
    content.lastIndex = Math.max(index, content.lastIndex ?? index);
    content.firstTerm ??= term;
    content.lastTerm = term;
  }

  #takeHead({ node, segment, checkpoint }: SegmentHead, expected: number): void {
    if (segment !== expected) throw new LogOrderError(`this is segment ${segment} under another name`);
    if (this.#node === undefined) {
      this.#table = new LogTable(checkpoint);
      this.#node = node;
      return;
    }
    if (node !== this.#node) throw new LogOrderError(`this is a segment of node ${node}, not ${this.#node}`);
    if (!same(checkpoint, this.#table.checkpoint)) {
      throw new LogOrderError("its checkpoint is not what the segments before lead to");
    }
  }
}

function same(a: Checkpoint, b: Checkpoint): boolean {
  const [one, other] = [a, b].map((checkpoint) => {
    const writer = new BinaryWriter();
    addItem(writer, { kind: "head", head: { version: 0, node: "", segment: 0, checkpoint } });
    return writer.take();
  });
  return Buffer.compare(one!, other!) === 0;
}
