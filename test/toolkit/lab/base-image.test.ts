import { describe, expect, it } from "@jest/globals";
import type Docker from "dockerode";
import { ensureBaseImage } from "../../../src/toolkit/lab/base-image.ts";
import { FakeHost } from "./fake-host.ts";

const MIRRORS = [
  "http://mirror.example/debian|bookworm|Debian",
  "http://mirror.example/debian|bookworm-updates|Debian",
  "http://mirror.example/debian|bookworm|Debian",
  "https://node.example|nodistro|Someone",
].join("\n");

/** An engine that holds some images and cannot pull any. */
function engine(...held: readonly string[]): { readonly docker: Docker; readonly imported: object[] } {
  const imported: object[] = [];
  const docker = {
    getImage: (name: string) => ({
      inspect: () => (held.includes(name) ? Promise.resolve({}) : Promise.reject(new Error("404"))),
    }),
    pull: () => Promise.reject(new Error("no such host")),
    importImage: (archive: NodeJS.ReadableStream, options: object) => {
      archive.on("error", () => undefined).resume();
      imported.push(options);
      return Promise.resolve({});
    },
    modem: { followProgress: (_stream: unknown, end: (error: null) => void) => end(null) },
  } as unknown as Docker;
  return { docker, imported };
}

describe("ensureBaseImage", () => {
  it("takes a Debian that the engine has", async () => {
    expect(await ensureBaseImage(engine("debian:12").docker, new FakeHost(), () => undefined)).toBe(
      "debian:12",
    );
  });

  it("makes one from this machine's own mirrors where no registry answers, and finds it the next time", async () => {
    const answer = (command: string) => (command.includes("indextargets") ? { stdout: MIRRORS } : undefined);
    const host = new FakeHost({ files: ["/usr/sbin/debootstrap"], answer });
    const { docker, imported } = engine();
    const reference = await ensureBaseImage(docker, host, () => undefined);
    expect(reference).toMatch(/^mailbastion\/base:[0-9a-f]{12}$/);
    expect(imported).toEqual([{ repo: "mailbastion/base", tag: reference.split(":")[1] }]);
    expect(host.commands.find((command) => command.startsWith("debootstrap"))).toMatch(
      / bookworm \S+ http:\/\/mirror\.example\/debian$/,
    );
    expect(host.inputs).toContain(
      "deb http://mirror.example/debian bookworm-updates main\ndeb http://mirror.example/debian bookworm main\n",
    );
    const again = new FakeHost({ answer });
    expect(await ensureBaseImage(engine(reference).docker, again, () => undefined)).toBe(reference);
    expect(again.commands.every((command) => command.startsWith("apt-get indextargets"))).toBe(true);
  });

  it.each([
    ["without debootstrap", new FakeHost()],
    ["without root", new FakeHost({ root: false, files: ["/usr/sbin/debootstrap"] })],
  ])("says what to do %s and without a registry", async (_case, host) => {
    await expect(ensureBaseImage(engine().docker, host, () => undefined)).rejects.toMatchObject({
      code: "BASE_IMAGE_ABSENT",
      message: expect.stringContaining("debian:12 could not be pulled (no such host)"),
    });
  });

  it("passes on why debootstrap failed", async () => {
    const answer = (command: string) =>
      command.startsWith("debootstrap") ? { code: 1, stdout: "I: x\nE: no mirror\n" } : undefined;
    const host = new FakeHost({ files: ["/usr/sbin/debootstrap"], answer });
    await expect(ensureBaseImage(engine().docker, host, () => undefined)).rejects.toMatchObject({
      code: "BASE_IMAGE_ABSENT",
      message: "debootstrap failed: E: no mirror",
    });
  });
});
