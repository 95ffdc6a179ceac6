import { join } from "node:path";
import type { Env } from "../../support/env.ts";
import { Limiter } from "../../support/limiter.ts";
import { DirectorySync } from "../disk/directory-sync.ts";
import { hasCode, readText, removeIfThere, sizeIfThere, type Disk, type DiskFile } from "../disk/disk.ts";
import {
  decodeState,
  encodeEnvelope,
  freshState,
  readEnvelope,
  STATE,
  type DeliveryState,
  type Envelope,
  type QueueEntry,
} from "./entry.ts";

/** What newId gives: nine digits of time in base 36, a hyphen, and ten of chance. */
const ID = /^([a-z0-9]{9})-[a-z0-9]{10}$/;

/** When an id was given, in milliseconds since 1970; undefined for a name that is no id. */
export function timeOf(id: string): number | undefined {
  const time = ID.exec(id)?.[1];
  return time === undefined ? undefined : parseInt(time, 36);
}

/** How many messages are read at once: no port is open before all are, and a disk reads many in the time of one. */
const READS_AT_ONCE = 16;

/** A file of the queue that the disk did not give. */
export interface UnreadableFile {
  readonly name: string;
  readonly error: Error;
}

/** What a restart found. */
export interface Recovery {
  readonly entries: readonly QueueEntry[];
  /** Files that are no messages; they were moved to failed/ for a person to look at. */
  readonly foreign: readonly string[];
  /** Messages of which a file could not be read: they stay where they are, and the next start looks again. */
  readonly unreadable: readonly UnreadableFile[];
}

/**
 * The queue on disk: incoming/ holds what is being written, queue/ what was answered 250, failed/ what could
 * be neither delivered nor returned.
 *
 * A message is one file, envelope line first. It is written and synced in incoming/, renamed to queue/ and
 * is accepted when queue/ is synced. So whatever lies in queue/ is whole, and whatever was answered lies in
 * queue/. The state of delivery is a second, small file, replaced as a whole.
 */
export class Spool {
  readonly #disk: Disk;
  readonly #sync: DirectorySync;
  readonly #env: Env;
  readonly #incoming: string;
  readonly #queue: string;
  /** Where failed mail lies. */
  readonly failed: string;
  #serial = 0;

  private constructor(disk: Disk, path: string, env: Env) {
    this.#disk = disk;
    this.#sync = new DirectorySync(disk);
    this.#env = env;
    this.#incoming = join(path, "incoming");
    this.#queue = join(path, "queue");
    this.failed = join(path, "failed");
  }

  /**
   * Opens the spool, removes what was never accepted, and reads what was. Rejects with the disk's error, but not with one
   * of a single message's file: the others are not to wait for it.
   */
  static async open(disk: Disk, path: string, env: Env): Promise<{ spool: Spool; recovery: Recovery }> {
    const spool = new Spool(disk, path, env);
    for (const directory of [spool.#incoming, spool.#queue, spool.failed])
      await disk.makeDirectory(directory);
    for (const name of await disk.list(spool.#incoming)) await disk.remove(join(spool.#incoming, name));
    return { spool, recovery: await spool.#recover() };
  }

  /**
   * The queue of a spool that another process may be using, without what cannot be read: nothing is changed, nothing is
   * cleaned.
   */
  static async look(disk: Disk, path: string, env: Env): Promise<readonly QueueEntry[]> {
    return (await new Spool(disk, path, env).#entries()).entries;
  }

  /** An id for a message: time, then chance, so that files sort by age and two nodes never agree. */
  newId(): string {
    const time = Math.floor(this.#env.now()).toString(36).padStart(9, "0");
    const chance = Math.floor(this.#env.random() * 36 ** 8)
      .toString(36)
      .padStart(8, "0");
    return `${time}-${chance}${(this.#serial++ % 1296).toString(36).padStart(2, "0")}`;
  }

  /** Begins to take a message in. Rejects with the disk's error. */
  async begin(envelope: Envelope): Promise<Intake> {
    const file = await this.#disk.create(join(this.#incoming, envelope.id));
    const intake = new Intake(file, envelope, {
      publish: () => this.#publish(envelope.id),
      discard: () => removeIfThere(this.#disk, join(this.#incoming, envelope.id)),
    });
    await intake.append(encodeEnvelope(envelope));
    return intake;
  }

  /** The message's bytes from `start` on. */
  read(id: string, start: number): AsyncIterable<Uint8Array> {
    return this.#disk.read(join(this.#queue, id), start);
  }

  /** Replaces the state of delivery, durably. */
  async saveState(id: string, state: DeliveryState): Promise<void> {
    const name = id + STATE;
    await this.#writeFile(name, Buffer.from(JSON.stringify(state), "utf8"), (path) =>
      this.#disk.rename(path, join(this.#queue, name)),
    );
    await this.#sync.sync(this.#queue);
  }

  /** Forgets a message that has nowhere left to go. */
  async finish(id: string): Promise<void> {
    await this.#leaveQueue([id]);
  }

  /** Moves a message that nobody can be told of to failed/, with a state that holds the reasons. */
  async setAside(id: string, state: DeliveryState): Promise<void> {
    await this.saveState(id, state);
    await this.#moveToFailed([id], [id, id + STATE]);
  }

  /** Writes and syncs a file and removes it: rejects when the spool could not take a message now. */
  async prove(): Promise<void> {
    await this.#writeFile("probe", Buffer.from("probe"), (path) => this.#disk.remove(path));
  }

  async #publish(id: string): Promise<void> {
    await this.#disk.rename(join(this.#incoming, id), join(this.#queue, id));
    try {
      await this.#sync.sync(this.#queue);
    } catch (error) {
      await removeIfThere(this.#disk, join(this.#queue, id)).catch(() => undefined);
      throw error;
    }
  }

  /** Writes and syncs a file in incoming/ and hands it to `take`. When any of it fails, the file is gone. */
  async #writeFile(name: string, bytes: Uint8Array, take: (path: string) => Promise<void>): Promise<void> {
    const path = join(this.#incoming, `${name}.${this.#serial++}`);
    const file = await this.#disk.create(path);
    try {
      try {
        await file.append(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await take(path);
    } catch (error) {
      // What cannot be removed is removed by the next start.
      await removeIfThere(this.#disk, path).catch(() => undefined);
      throw error;
    }
  }

  async #recover(): Promise<Recovery> {
    const { orphans, ...recovery } = await this.#entries();
    for (const name of orphans) await this.#disk.remove(join(this.#queue, name));
    await this.#moveToFailed(recovery.foreign, recovery.foreign);
    return recovery;
  }

  async #entries(): Promise<Recovery & { readonly orphans: readonly string[] }> {
    const names = new Set(await this.#disk.list(this.#queue));
    const entries: QueueEntry[] = [];
    const foreign: string[] = [];
    const unreadable: UnreadableFile[] = [];
    const reads = new Limiter(READS_AT_ONCE);
    const readOne = async (name: string): Promise<void> => {
      try {
        entries.push(await this.#readEntry(name, names.has(name + STATE)));
      } catch (error) {
        // Delivered by the process that owns the spool since the directory was listed.
        if (hasCode(error, "ENOENT")) return;
        // Without its state a message would go again to those who have it.
        if (error instanceof Error && "code" in error) unreadable.push({ name, error });
        else foreign.push(name);
      }
    };
    const messages = [...names].filter((name) => !name.endsWith(STATE));
    await Promise.all(messages.map((name) => reads.run(() => readOne(name))));
    // Reads end in any order.
    entries.sort((a, b) => (a.envelope.id < b.envelope.id ? -1 : 1));
    const orphans = [...names].filter(
      (name) => name.endsWith(STATE) && !names.has(name.slice(0, -STATE.length)),
    );
    return { entries, foreign, unreadable, orphans };
  }

  async #readEntry(name: string, hasState: boolean): Promise<QueueEntry> {
    const { envelope, bodyStart } = await readEnvelope(this.#disk, join(this.#queue, name));
    const stored = hasState ? await this.#readState(name) : undefined;
    return { envelope, bodyStart, state: stored ?? freshState(envelope) };
  }

  async #readState(id: string): Promise<DeliveryState | undefined> {
    return decodeState(await readText(this.#disk, join(this.#queue, id + STATE)));
  }

  /*
   * Not by a rename: one between two directories may be half done after a loss of power, and the half that is done
   * may be the removal.
   */
  async #moveToFailed(ids: readonly string[], names: readonly string[]): Promise<void> {
    for (const name of names) await this.#linkUnlessThere(join(this.#queue, name), join(this.failed, name));
    await this.#sync.sync(this.failed);
    await this.#leaveQueue(ids);
  }

  /*
   * The states only once the messages are gone for good: a message that came back without its state would go again to
   * those who have it. Nobody waits until the states are gone for good, as the next start removes what is left.
   */
  async #leaveQueue(ids: readonly string[]): Promise<void> {
    for (const id of ids) await removeIfThere(this.#disk, join(this.#queue, id));
    await this.#sync.sync(this.#queue);
    for (const id of ids) await removeIfThere(this.#disk, join(this.#queue, id + STATE));
  }

  /** What is no longer there was linked by an attempt that failed later: it leaves queue/ only once failed/ is synced. */
  async #linkUnlessThere(from: string, to: string): Promise<void> {
    try {
      await this.#disk.link(from, to);
    } catch (error) {
      if (hasCode(error, "EEXIST")) return;
      // A failed/ that is gone has the same code, while the message is still there.
      if (hasCode(error, "ENOENT") && (await sizeIfThere(this.#disk, from)) === undefined) return;
      throw error;
    }
  }
}

/** A message on its way in: pieces are appended, then it is committed or aborted, once. */
export class Intake {
  readonly envelope: Envelope;
  readonly #file: DiskFile;
  readonly #ends: { publish(): Promise<void>; discard(): Promise<void> };
  #open = true;

  constructor(
    file: DiskFile,
    envelope: Envelope,
    ends: { publish(): Promise<void>; discard(): Promise<void> },
  ) {
    this.#file = file;
    this.envelope = envelope;
    this.#ends = ends;
  }

  /** Rejects with the disk's error; the message is gone then. */
  append(bytes: Uint8Array): Promise<void> {
    return this.#orGone(() => this.#file.append(bytes));
  }

  /**
   * Resolves when the message is durable and may be answered 250.
   *
   * Rejects with the disk's error: the message may not be trusted and is gone, except that it may come back
   * after a power loss when only the last directory sync failed. It is whole then.
   */
  async commit(): Promise<QueueEntry> {
    await this.#orGone(async () => {
      await this.#file.sync();
      await this.#close();
      await this.#ends.publish();
    });
    const { envelope } = this;
    return { envelope, state: freshState(envelope), bodyStart: encodeEnvelope(envelope).length };
  }

  /** Forgets the message. Never rejects: what cannot be removed is removed by the next start. */
  async abort(): Promise<void> {
    await this.#close().catch(() => undefined);
    await this.#ends.discard().catch(() => undefined);
  }

  async #orGone(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
}
