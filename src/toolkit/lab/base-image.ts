import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { UserError } from "../../support/errors.ts";
import { shortHash } from "../../support/hash.ts";
import type { Host } from "./host.ts";

const RELEASE = { image: "debian:12", suite: "bookworm" } as const;
/** A registry that has not sent a first byte by then is taken for unreachable. */
const PULL_SILENCE_MS = 15_000;
/** One line of apt's sources: where, and which suite. */
interface Source {
  readonly site: string;
  readonly suite: string;
}

const DEBIAN: readonly Source[] = [
  { site: "http://deb.debian.org/debian", suite: "bookworm" },
  { site: "http://deb.debian.org/debian", suite: "bookworm-updates" },
  { site: "http://deb.debian.org/debian-security", suite: "bookworm-security" },
];

/**
 * A reference to a plain Debian 12 on the engine: pulled where a registry answers, else made with debootstrap from
 * the mirror that this machine's own apt uses. Made once; a later call finds it.
 *
 * Throws BASE_IMAGE_ABSENT when neither way is open.
 */
export async function ensureBaseImage(
  docker: Docker,
  host: Host,
  report: (line: string) => void,
): Promise<string> {
  const sources = await sourcesOf(host);
  const made = `mailbastion/base:${shortHash(JSON.stringify(sources))}`;
  for (const reference of [made, RELEASE.image]) if (await has(docker, reference)) return reference;

  const refused = await pull(docker, RELEASE.image);
  if (refused === undefined) return RELEASE.image;
  if (!host.isRoot() || !host.exists("/usr/sbin/debootstrap")) {
    throw new UserError(
      "BASE_IMAGE_ABSENT",
      `${RELEASE.image} could not be pulled (${refused}) and debootstrap is not at hand to make it`,
      "give the engine a registry, or run as root after `apt-get install debootstrap`",
    );
  }
  report(`no registry answers; making Debian ${RELEASE.suite} with debootstrap (about a minute)`);
  await debootstrap(docker, host, sources, made);
  return made;
}

export async function has(docker: Docker, reference: string): Promise<boolean> {
  return docker
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      () => false,
    );
}

/** Why the image could not be had, or undefined when it is there now. */
async function pull(docker: Docker, reference: string): Promise<string | undefined> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), PULL_SILENCE_MS);
  try {
    const stream = await docker.pull(reference, { abortSignal: silence.signal });
    clearTimeout(timer);
    return await new Promise<string | undefined>((resolve) => {
      docker.modem.followProgress(stream, (error) => resolve(error?.message));
    });
  } catch (error) {
    return silence.signal.aborted ? `no answer within ${PULL_SILENCE_MS / 1000} s` : (error as Error).message;
  } finally {
    clearTimeout(timer);
  }
}

/** What apt on this machine takes the same Debian from, its mirrors included; Debian's own where it is another system. */
async function sourcesOf(host: Host): Promise<readonly Source[]> {
  const answer = await host.run(["apt-get", "indextargets", "--format", "$(SITE)|$(RELEASE)|$(ORIGIN)"]);
  const lines = [...new Set(answer.stdout.split("\n"))].toSorted();
  const found = lines.flatMap((line): Source[] => {
    const [site, suite, origin] = line.split("|");
    return site && suite?.startsWith(RELEASE.suite) && origin === "Debian" ? [{ site, suite }] : [];
  });
  return found.some((source) => source.suite === RELEASE.suite) ? found : DEBIAN;
}

async function debootstrap(
  docker: Docker,
  host: Host,
  sources: readonly Source[],
  reference: string,
): Promise<void> {
  const mirror = sources.find((source) => source.suite === RELEASE.suite)!.site;
  const folder = await mkdtemp(join(tmpdir(), "mailbastion-base-"));
  try {
    const root = join(folder, "root");
    const made = await host.run([
      "debootstrap", "--variant=minbase", "--include=ca-certificates", RELEASE.suite, root, mirror,
    ]); // prettier-ignore
    if (made.code !== 0) {
      throw new UserError(
        "BASE_IMAGE_ABSENT",
        `debootstrap failed: ${made.stdout.trim().split("\n").at(-1) ?? made.stderr}`,
        `see whether ${mirror} can be reached from here`,
      );
    }
    const list = sources.map(({ site, suite }) => `deb ${site} ${suite} main\n`).join("");
    await host.run(["tee", join(root, "etc/apt/sources.list")], { stdin: list });
    await host.run(["find", join(root, "var/cache/apt/archives"), "-name", "*.deb", "-delete"]);
    const [repo, tag] = reference.split(":");
    const archive = join(folder, "base.tar");
    const packed = await host.run(["tar", "-C", root, "--numeric-owner", "-cf", archive, "."]);
    if (packed.code !== 0) throw new Error(`tar: ${packed.stderr}`);
    const answer = await docker.importImage(createReadStream(archive), { repo, tag });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(answer, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
