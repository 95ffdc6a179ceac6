import type { DocumentRecord } from "../state/documents.ts";
import { countedReports } from "./counted-reports.ts";
import type { Replica } from "./replica.ts";

/** Which version of a document each node works by. */
export interface Distribution {
  readonly version: number;
  readonly nodes: readonly { readonly node: string; readonly version: number }[];
  /** Whether every node of the registry works by the newest one. */
  readonly complete: boolean;
}

/** Configuration documents that every node receives, in the same order, each with a version. */
export class ConfigDistribution {
  readonly #replica: Replica;
  readonly #failed: (name: string, version: number, error: unknown) => void;
  readonly #working = new Map<string, number>();

  /** @param failed is told of a version that could not be taken over */
  constructor(replica: Replica, failed: (name: string, version: number, error: unknown) => void) {
    this.#replica = replica;
    this.#failed = failed;
  }

  /**
   * Gives a document to all nodes and resolves with its version once that is decided.
   *
   * @param expect the version that this one is made from; 0 when there was none. Throws Refused with
   *   VERSION_MISMATCH when somebody else was quicker, and like Replica.perform.
   */
  async distribute(
    name: string,
    content: Uint8Array,
    options: { expect?: number; actor?: string } = {},
  ): Promise<number> {
    const { expect, ...submit } = options;
    const { version } = await this.#replica.perform<"config.put">(
      { type: "config.put", name, content, expect },
      submit,
    );
    return version;
  }

  /** The document as this node knows it. */
  current(name: string): DocumentRecord | undefined {
    return this.#replica.machine.documents.get(name);
  }

  /**
   * Hands over the document now, if there is one, and then each newer version once. `take` says that the node
   * works by it by returning. Of a version at which it throws the node does not work, as `distribution` shows; it is
   * handed the next one. Gives back what ends it.
   */
  onChange(name: string, take: (document: DocumentRecord) => void): () => void {
    const look = (): void => {
      const document = this.current(name);
      if (!document || document.version === this.#working.get(name)) return;
      try {
        take(document);
        this.#working.set(name, document.version);
      } catch (error) {
        // Whoever watches the log stops with what is thrown here, and so would every node.
        this.#failed(name, document.version, error);
      }
    };
    look();
    return this.#replica.watch("documents", name, { changed: look, reset: look });
  }

  /** The versions that this node works by, for its report to the registry. */
  working(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#working);
  }

  /** How far a document has come. */
  distribution(name: string): Distribution {
    const version = this.current(name)?.version ?? 0;
    const nodes = countedReports(this.#replica).map(([node, { documents }]) => ({
      node,
      version: documents[name] ?? 0,
    }));
    return { version, nodes, complete: nodes.every((node) => node.version === version) };
  }
}
