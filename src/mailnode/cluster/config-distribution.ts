import type { DocumentRecord } from "../state/documents.ts";
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
  readonly #working = new Map<string, number>();

  constructor(replica: Replica) {
    this.#replica = replica;
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
   * works by it by returning; what it throws passes on to the one who watches the log. Gives back what ends it.
   */
  onChange(name: string, take: (document: DocumentRecord) => void): () => void {
    const look = (): void => {
      const document = this.current(name);
      if (!document || document.version === this.#working.get(name)) return;
      take(document);
      this.#working.set(name, document.version);
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
    const nodes = this.#replica.machine.nodes
      .list()
      .map(([node, { documents }]) => ({ node, version: documents[name] ?? 0 }));
    return { version, nodes, complete: nodes.every((node) => node.version === version) };
  }
}
