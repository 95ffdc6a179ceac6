/** Why a node must end though nobody told it to: its last line, and what it ends with. */
export interface NodeFailure {
  readonly what: string;
  readonly error: Error;
  readonly exitCode: number;
}

/** The disk of the cluster's log cannot be trusted: EX_IOERR of sysexits(3). Started again, a node finds what was durable. */
export function clusterLogFailed(error: Error): NodeFailure {
  return { what: "the cluster's log failed: this node stops", error, exitCode: 74 };
}

/** Mail would be taken and go nowhere: EX_SOFTWARE of sysexits(3). */
export function deliveryFailed(error: Error): NodeFailure {
  return { what: "delivery ended by a fault of the program: this node stops", error, exitCode: 70 };
}
