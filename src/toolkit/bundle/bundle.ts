import type { Action, FileCheck } from "../services/service.ts";

/** All that one machine is to hold, as data: what is written to machines/<name>/ and put there by apply. */
export interface Bundle {
  readonly machine: string;
  readonly files: readonly BundleFile[];
  /**
   * SHA-256 over every path, owner, mode and content, placeholders and secret versions included, and over the
   * packages, accounts and units that come with them: whatever would make apply do something changes it.
   */
  readonly hash: string;
}

export interface BundleFile {
  readonly service: string;
  /** Where it will lie: for a content-addressed file, with the hash in the name. */
  readonly path: string;
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
  /** With placeholders; secrets are put in on the way to the machine. */
  readonly content: string;
  readonly hash: string;
  readonly check: FileCheck;
  readonly action: Action;
  readonly seedOnly: boolean;
  readonly addressed: boolean;
}
