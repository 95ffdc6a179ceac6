import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Io } from "../../../../src/toolkit/cli/io.ts";
import { mbctl } from "../../../../src/toolkit/cli/mbctl.ts";
import { NextHop } from "../../../../src/toolkit/lab/mail/next-hop.ts";

const EXAMPLE = fileURLToPath(new URL("../../../../examples/three-machines.yaml", import.meta.url));

describe("mbctl loadtest", () => {
  let folder: string;
  let hop: NextHop;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mailbastion-load-"));
    file = join(folder, "cluster.yaml");
    const tls = `tls:\n  public: { certificateFile: ${folder}/a.crt, keyFile: ${folder}/a.key }\n`;
    await writeFile(
      file,
      `${(await readFile(EXAMPLE, "utf8")).replace(/^tls:[^]*?(?=^\S|$(?![^]))/m, "")}\n${tls}`,
    );
    hop = await NextHop.start("127.0.0.1");
  });
  afterAll(async () => {
    await hop.stop();
    await rm(folder, { recursive: true });
  });

  async function run(...args: readonly string[]) {
    const lines: string[] = [];
    const io: Io = {
      out: (text) => void lines.push(text),
      err: (text) => void lines.push(text),
      isInteractive: false,
      environment: { HOME: folder },
    };
    return { code: await mbctl(["loadtest", ...args, "--file", file], io), text: lines.join("\n") };
  }
  const at = () => `127.0.0.1:${hop.port}`;

  it("sends at a rate, prints seconds and a chart, and writes a picture", async () => {
    const svg = join(folder, "load.svg");
    const { code, text } = await run(
      "smtp",
      "--target",
      at(),
      "--rate",
      "20",
      "--duration",
      "1s",
      "--svg",
      svg,
    );
    expect(text).toMatch(/^ +second +done/);
    expect(text).toMatch(/^done +20 in /m);
    expect(text).toMatch(/█/);
    expect(code).toBe(0);
    expect(hop.arrivals).toHaveLength(20);
    expect(await readFile(svg, "utf8")).toContain("20 done, 0 failed");
  });

  it("prints one document with --json, and ends with 1 where something failed", async () => {
    await hop.stop();
    const { code, text } = await run("smtp", "--target", at(), "--rate", "5", "--duration", "1s", "--json");
    await hop.resume();
    expect(code).toBe(1);
    expect(JSON.parse(text)).toMatchObject({ done: 0, failed: 5, failures: { refused: { count: 5 } } });
  });

  it.each([
    [["smtp", "--to", "a@gmail.com"], "LOADTEST_FOREIGN_DOMAIN"],
    [["smtp", "--rate", "5", "--concurrency", "5"], "LOADTEST_PACE"],
    [["smtp", "--rate", "0"], "COUNT_UNREADABLE"],
    [["smtp", "--size", "big"], "SIZE_UNREADABLE"],
    [["http", "--target", "nowhere"], "ADDRESS_UNREADABLE"],
    [["http", "--duration", "long"], "DURATION_UNREADABLE"],
  ] as const)("refuses %j with %s before it sends anything", async (args, code) => {
    const before = hop.arrivals.length;
    expect((await run(...args)).text).toContain(`[${code}]`);
    expect(hop.arrivals).toHaveLength(before);
  });
});
