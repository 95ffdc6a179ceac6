import type { NodeId } from "../raft/core/types.ts";
import type { Process } from "./process.ts";

/** The connections by which one process sends to one member, one after the other. */
export class Link {
  readonly from: Process;
  readonly to: NodeId;
  /** The other end of the connection; undefined while there is none. It may be gone without this end knowing. */
  peer: Process | undefined;
  /** Grows with every connection. */
  connection = 0;
  /** It has ended, and this end does not know that yet. */
  broken = false;
  /** No dialling before. */
  dialAt = 0;
  /** When the last packet of this connection arrives: none overtakes it. */
  busyUntil = 0;
  /** What arrived while the way was cut: it goes on when the cut ends before the connection does. */
  held: (() => void)[] = [];

  constructor(from: Process, to: NodeId) {
    this.from = from;
    this.to = to;
  }
}
