import { createReadStream } from "node:fs";
import { readdir, readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import { UserError } from "../../support/errors.ts";
import { shortHash } from "../../support/hash.ts";
import { MACHINE_IMAGE } from "../containers/shapes.ts";
import { ensureBaseImage, has } from "./base-image.ts";
import type { Engine } from "./engine.ts";
import { systemHost, type Host } from "./host.ts";

const IMAGES = fileURLToPath(new URL("../../../images/", import.meta.url));

/** `machine` has all packages installed and nothing enabled; `bare` has them in apt's cache only. */
export type ImageVariant = "bare" | "machine";

export interface ImageOptions {
  readonly variant: ImageVariant;
  /** Debian packages of all services, in any order. */
  readonly packages: readonly string[];
  readonly report: (line: string) => void;
  readonly host?: Host;
}

/**
 * The reference of the lab's machine image, built when the engine does not have it.
 *
 * Its tag is a hash of all that it is made of, so that a change of a package list or a drop-in makes a new image and
 * anything else finds the old one. Throws IMAGE_BUILD_FAILED with the end of the build's output.
 */
export async function ensureImage(engine: Engine, options: ImageOptions): Promise<string> {
  const host = options.host ?? systemHost;
  const reference = await imageReference(options);
  if (await has(engine.docker, reference)) return reference;

  const started = performance.now();
  const base = await ensureBaseImage(engine.docker, host, options.report);
  options.report(`building ${reference} with ${options.packages.length} packages (about a minute, once)`);
  await build(engine.docker, host, reference, {
    BASE: base,
    PACKAGES: sorted(options.packages).join(" "),
    APT_OPTIONS: await aptOptions(host),
    ...proxies(host),
  }, options.variant); // prettier-ignore
  if (options.variant === "machine")
    await engine.docker.getImage(reference).tag(splitReference(MACHINE_IMAGE));
  options.report(`built ${reference} in ${Math.round((performance.now() - started) / 1000)} s`);
  return reference;
}

/** The tag that the image of these inputs has, built or not. */
export async function imageReference({
  variant,
  packages,
}: Pick<ImageOptions, "variant" | "packages">): Promise<string> {
  const names = await filesIn(IMAGES);
  const contents = await Promise.all(names.map((name) => readFile(join(IMAGES, name), "utf8")));
  const inputs = names.map((name, index) => [name, contents[index]]);
  return `mailbastion/${variant}:${shortHash(JSON.stringify([sorted(packages), inputs]))}`;
}

async function build(
  docker: Docker,
  host: Host,
  reference: string,
  buildargs: Readonly<Record<string, string>>,
  target: ImageVariant,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mailbastion-context-"));
  try {
    const context = join(folder, "context.tar");
    const packed = await host.run([
      "tar",
      "-C",
      IMAGES,
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "-cf",
      context,
      ".",
    ]);
    if (packed.code !== 0) throw new Error(`tar: ${packed.stderr}`);
    const stream = await docker.buildImage(createReadStream(context), {
      t: reference,
      target,
      buildargs,
      networkmode: "host",
    });
    const output: string[] = [];
    const fault = await new Promise<string | undefined>((resolve) => {
      docker.modem.followProgress(
        stream,
        (error) => resolve(error?.message),
        (event: { stream?: string }) => output.push(event.stream ?? ""),
      );
    });
    if (fault !== undefined) {
      throw new UserError(
        "IMAGE_BUILD_FAILED",
        `${reference} could not be built: ${fault}\n${output.join("").split("\n").slice(-30).join("\n")}`,
        "mend what the last lines name and run the command again",
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** This machine's way to its mirrors, used while building and forgotten with it. */
async function aptOptions(host: Host): Promise<string> {
  const answer = await host.run(["apt-config", "dump"]);
  const wanted = /^Acquire::(https?::(Proxy|Timeout)|Check-Valid-Until|Check-Date|Retries)\b/;
  return answer.stdout.split("\n").filter((line) => wanted.test(line)).join("\n"); // prettier-ignore
}

function proxies(host: Host): Readonly<Record<string, string>> {
  const found = ["http_proxy", "https_proxy", "no_proxy"].map(
    (name) => [name, host.environment(name)] as const,
  );
  return Object.fromEntries(
    found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined),
  );
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length)).toSorted();
}

function splitReference(reference: string): { readonly repo: string; readonly tag: string } {
  const [repo, tag] = reference.split(":");
  return { repo: repo!, tag: tag! };
}

function sorted(packages: readonly string[]): readonly string[] {
  return [...new Set(packages)].toSorted();
}
