import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../support/errors.ts";
import { readAgeKey } from "./age-key.ts";
import { makePrivateDirectory, replaceFile } from "./replace-file.ts";
import { opening, sealing } from "./sealed-stream.ts";

/** A file that a command's output goes into or its input comes from, sealed with an age identity where it has one. */
export interface StreamedFile {
  readonly localFile: string;
  readonly keyFile?: string;
}

const CHUNK_BYTES = 256 * 1024;

/** Opens a file for reading, unsealed where it is sealed. Throws LOCAL_FILE_UNREADABLE, and what its key is refused with. */
export async function readStreamed({ localFile, keyFile }: StreamedFile): Promise<Readable> {
  const identity = keyFile === undefined ? undefined : await requireKey(keyFile);
  try {
    await access(localFile);
  } catch (error) {
    throw new UserError(
      "LOCAL_FILE_UNREADABLE",
      `${localFile}, which was to be sent, cannot be read`,
      "put the file there and run the command again",
      { cause: error },
    );
  }
  const file = createReadStream(localFile, { highWaterMark: CHUNK_BYTES });
  if (identity === undefined) return file;
  return Readable.from(opened(localFile, opening(identity)(file)), { objectMode: false });
}

async function* opened(path: string, plain: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* plain;
  } catch (error) {
    throw new UserError(
      "SEALED_FILE_DAMAGED",
      `${path} does not open: ${(error as Error).message}`,
      "name the key it was sealed with in MAILBASTION_KEY_FILE, or take a copy of the file that is whole",
      { cause: error },
    );
  }
}

/**
 * Begins a file of mode 0600, which bears its name only when it is whole: until then it ends in ".part". Throws
 * LOCAL_FILE_UNWRITABLE, and what the key is refused with.
 */
export async function writeStreamed({ localFile, keyFile }: StreamedFile): Promise<StreamedOutput> {
  const identity = keyFile === undefined ? undefined : await requireKey(keyFile);
  try {
    await makePrivateDirectory(dirname(localFile));
    await rm(partOf(localFile), { force: true });
    return new StreamedOutput(localFile, identity, await open(partOf(localFile), "wx", 0o600));
  } catch (error) {
    throw unwritable(localFile, error);
  }
}

/** A file that is being written. It is ended by keep or by drop. */
export class StreamedOutput {
  readonly #path: string;
  readonly #identity: string | undefined;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #written: Promise<void> = Promise.resolve();

  constructor(path: string, identity: string | undefined, file: FileHandle) {
    this.#path = path;
    this.#identity = identity;
    this.#file = file;
  }

  /** Takes all of a stream, no faster than the disk. `failed` hears of a full disk while the stream still runs. */
  take(stream: Readable, failed: (error: Error) => void): void {
    const seal = this.#identity === undefined ? undefined : sealing(this.#identity);
    const write = (chunks: AsyncIterable<Uint8Array>): Promise<void> => this.#write(chunks, failed);
    this.#written = seal ? pipeline(stream, seal, write) : pipeline(stream, write);
    // keep and drop wait for it; until then its failure is nobody's.
    this.#written.catch(() => undefined);
  }

  /**
   * Waits for the last byte to reach the disk and gives the file its name. Its hash is put beside it in a file of the
   * format of sha256sum, before: a file that bears its name has one.
   */
  async keep(): Promise<void> {
    await this.#written;
    try {
      await this.#file.sync();
      await this.#file.close();
      const line = `${this.#hash.digest("hex")}  ${basename(this.#path)}\n`;
      await replaceFile(hashFileOf(this.#path), line, 0o600);
      await rename(partOf(this.#path), this.#path);
      const folder = await open(dirname(this.#path), "r");
      await folder.sync().finally(() => folder.close());
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Removes what was written. */
  async drop(): Promise<void> {
    await this.#written.catch(() => undefined);
    await this.#file.close().catch(() => undefined);
    await rm(partOf(this.#path), { force: true });
  }

  async #write(chunks: AsyncIterable<Uint8Array>, failed: (error: Error) => void): Promise<void> {
    for await (const chunk of chunks) {
      this.#hash.update(chunk);
      try {
        await this.#file.writeFile(chunk);
      } catch (error) {
        const fault = unwritable(this.#path, error);
        failed(fault);
        throw fault;
      }
    }
  }
}

/** The answer of what writes to the output, if any, which is kept where the exit code is 0 and dropped otherwise. */
export async function keptBy<Answer extends { readonly code: number }>(
  output: StreamedOutput | undefined,
  run: () => Promise<Answer>,
): Promise<Answer> {
  let isWhole = false;
  try {
    const answer = await run();
    if (answer.code === 0) await output?.keep();
    isWhole = answer.code === 0;
    return answer;
  } finally {
    if (!isWhole) await output?.drop();
  }
}

/** Where the hash of a file is noted. */
export function hashFileOf(path: string): string {
  return `${path}.sha256`;
}

function partOf(path: string): string {
  return `${path}.part`;
}

async function requireKey(path: string): Promise<string> {
  const identity = await readAgeKey(path);
  if (identity !== undefined) return identity;
  throw new UserError(
    "VAULT_KEY_MISSING",
    `the key ${path} is not there`,
    "put the key back from its backup, or name its file in MAILBASTION_KEY_FILE",
  );
}

function unwritable(path: string, cause: unknown): UserError {
  return new UserError(
    "LOCAL_FILE_UNWRITABLE",
    `${path} cannot be written: ${(cause as Error).message}`,
    "see that the folder is there, yours, and has room",
    { cause },
  );
}
