import { hasCode, readText, removeIfThere, type Disk } from "../../disk/disk.ts";

const FORM = /^gossip incarnations below ([0-9]{1,16}) are used\n$/;

/** Up to which incarnation this node may have used them, kept over restarts. */
export class IncarnationFile {
  readonly #disk: Disk;
  readonly #directory: string;

  /** `directory` is there, and holds the id that the incarnations belong to. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /**
   * The first incarnation that was surely never used: 0 for a new node. undefined when the file cannot be
   * made out; then others know, and the node learns it from them by refuting what they say.
   */
  async read(): Promise<number | undefined> {
    try {
      const match = FORM.exec(await readText(this.#disk, this.#path));
      const next = match ? Number(match[1]) : undefined;
      return next !== undefined && Number.isSafeInteger(next) ? next : undefined;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return 0;
      throw error;
    }
  }

  /** Writes down that incarnations up to and including `bound` may be used; durable when it resolves. */
  async reserve(bound: number): Promise<void> {
    const fresh = `${this.#path}.new`;
    await removeIfThere(this.#disk, fresh);
    const file = await this.#disk.create(fresh);
    try {
      await file.append(Buffer.from(`gossip incarnations below ${bound + 1} are used\n`));
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#disk.rename(fresh, this.#path);
    await this.#disk.syncDirectory(this.#directory);
  }

  get #path(): string {
    return `${this.#directory}/gossip-incarnation`;
  }
}
