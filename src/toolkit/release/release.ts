import type { Architecture } from "./architecture.ts";

/** What goes to the machines that take mail. Made by prepareRelease; the phases read it. */
export interface Release {
  /** Version and a hash of the content: names the folder on the machines. */
  readonly id: string;
  /** A tar.gz with bin/mbnode, mbnode.mjs and the files that it loads; the same for every processor. */
  readonly archive: string;
  readonly runtimes: Readonly<Partial<Record<Architecture, Runtime>>>;
}

/** A Node for one kind of processor. */
export interface Runtime {
  /** "node-v24.21.0-linux-x64": names the folder on the machines. */
  readonly name: string;
  /** A tar.gz with bin/node. */
  readonly archive: string;
}
