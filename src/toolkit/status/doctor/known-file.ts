import type { FileCheck } from "../../services/service.ts";

/** A file that ought to lie on a machine. */
export interface KnownFile {
  readonly path: string;
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
  /** Absent where the content holds what is not known here: a secret, or a fact of the machine. */
  readonly hash?: string;
  readonly check: FileCheck;
}
