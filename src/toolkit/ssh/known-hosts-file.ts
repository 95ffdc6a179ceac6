import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makePrivateDirectory, replaceFile } from "../disk/replace-file.ts";
import type { HostKey } from "./host-key.ts";
import { hostKeyChanged } from "./errors.ts";
import { type Address, hostField, KnownHosts, names, parseKnownHosts } from "./known-hosts.ts";

/** What several files say together; files that are not there say nothing. */
export async function readKnownHosts(paths: readonly string[]): Promise<KnownHosts> {
  const texts = await Promise.all(paths.map(readIfThere));
  return new KnownHosts(texts.flatMap(parseKnownHosts));
}

/**
 * Adds a host's key to a known_hosts file and says whether it was new there.
 *
 * Throws SSH_HOST_KEY_CHANGED when the file knows the host by another key: a person must forget that one
 * first, see forgetKnownHost.
 */
export async function addKnownHost(path: string, address: Address, key: HostKey): Promise<boolean> {
  const text = await readIfThere(path);
  const verdict = new KnownHosts(parseKnownHosts(text)).judge(address, key);
  if (verdict.kind === "known") return false;
  if (verdict.kind === "changed") throw hostKeyChanged(address.host, address, key, verdict.known, [path]);
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  await write(path, `${before}${hostField(address)} ${key.type} ${key.base64}\n`);
  return true;
}

/** Takes every key of a host out of a known_hosts file: for a machine that was made anew. Says whether there was one. */
export async function forgetKnownHost(path: string, address: Address): Promise<boolean> {
  const text = await readIfThere(path);
  const gone = new Set(
    parseKnownHosts(text)
      .filter((entry) => names(entry, address))
      .map((entry) => entry.line),
  );
  if (gone.size === 0) return false;
  await write(
    path,
    text
      .split("\n")
      .filter((line) => !gone.has(line))
      .join("\n"),
  );
  return true;
}

async function write(path: string, text: string): Promise<void> {
  await makePrivateDirectory(dirname(path));
  await replaceFile(path, text, 0o644);
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
