/**
 * A state that Raft's rules exclude: a fault of this program, a disk that lies, or a member that is not who it
 * says. The node must stop; going on could tell two truths.
 */
export class InvariantViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvariantViolation";
  }
}
