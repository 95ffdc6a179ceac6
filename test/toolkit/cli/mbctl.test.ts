import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mbctl } from "../../../src/toolkit/cli/mbctl.ts";
import { recordingIo } from "./recording-io.ts";

const SOUND = readFileSync("examples/three-machines.yaml", "utf8");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mailbastion-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(...args: readonly string[]) {
  const { io, out, err } = recordingIo({ HOME: folder, XDG_CONFIG_HOME: join(folder, "config") });
  const code = await mbctl(args, io);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

function cluster(text: string): string {
  const file = join(folder, "cluster.yaml");
  writeFileSync(file, text);
  return file;
}

/** The commands that read a description before they do anything else. */
const READERS = [
  ["synth"],
  ["validate"],
  ["trust", "--yes"],
  ["apply", "--yes"],
  ["status"],
  ["lab", "up", "--dry-run"],
  ["lab", "status"],
];

describe("a person's mistake", () => {
  const mistakes: readonly (readonly [string, string, RegExp])[] = [
    [
      "an unknown key",
      SOUND.replace("nextHop", "nexthop"),
      /mail\.nexthop: is no key of a cluster; did you mean "nextHop"\?/,
    ],
    ["a duplicate name", SOUND.replace("node-2:", "node-1:"), /cluster\.yaml:12:3: Map keys must be unique/],
    [
      "an address outside the network",
      SOUND.replace("192.168.1.103", "192.168.9.103"),
      /machines\.node-3\.address is "192\.168\.9\.103": is no host address/,
    ],
    [
      "a VIP equal to a machine",
      SOUND.replace("vip: 192.168.1.100", "vip: 192.168.1.101"),
      /network\.vip is "192\.168\.1\.101": is the address of machine node-1/,
    ],
    [
      "an even number of voters",
      `${SOUND}  node-4: { address: 192.168.1.104, roles: [mail] }\n`,
      /4 machines vote on the mail nodes' leader.*quorum is 3/,
    ],
    ["YAML that cannot be read", "name: acme\nmail: {\n", /cluster\.yaml:\d+:\d+: /],
    [
      "a newline in a value",
      SOUND.replace('"mx.internal:25"', '"mx.internal:25\\nx"'),
      /mail\.nextHop is "mx\.internal:25\\nx"/,
    ],
    [
      "a template brace in a value",
      SOUND.replace("name: acme", 'name: "{{acme}}"'),
      /name is "\{\{acme\}\}"/,
    ],
  ];

  it.each(mistakes)(
    "%s is one clear message, exit code 1, and nothing is written",
    async (_title, text, message) => {
      const file = cluster(text);
      for (const reader of READERS) {
        const { code, out, err } = await run(...reader, "--file", file);
        expect(code).toBe(1);
        expect(err).toMatch(message);
        expect(err).toContain("  -> ");
        expect(err).not.toMatch(/^ +at /m);
        expect(out).toBe("");
      }
      expect(readdirSync(folder)).toEqual(["cluster.yaml"]);
    },
  );

  it("with --json is one JSON document", async () => {
    const { code, out, err } = await run("status", "--json", "--file", join(folder, "none.yaml"));
    expect(code).toBe(1);
    expect(err).toBe("");
    expect(JSON.parse(out)).toMatchObject({ ok: false, code: "CLUSTER_FILE_MISSING" });
  });

  it("on the command line has an exit code of its own, and points to the help of that command", async () => {
    const mistakes: readonly (readonly [readonly string[], string])[] = [
      [["appply"], "(mbctl --help shows the commands)"],
      [["apply", "--dryrun"], "(mbctl apply --help shows what it takes)"],
      [["lab", "kil"], "(mbctl lab --help shows the commands)"],
      [["lab", "kill"], "(mbctl lab kill --help shows what it takes)"],
    ];
    for (const [args, hint] of mistakes) {
      const { code, err } = await run(...args);
      expect([args, code]).toEqual([args, 64]);
      expect(err).toMatch(/^error: /);
      expect(err).toContain(hint);
    }
  });

  it("on the command line is one JSON document too, unless --json is meant for another program", async () => {
    const { code, out, err } = await run("apply", "--dryrun", "--json");
    expect([code, err]).toEqual([64, ""]);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      code: "USAGE",
      message: expect.stringContaining("--dryrun"),
    });
    expect((await run("lab", "exec", "--", "--json")).err).toMatch(/^error: missing required argument/);
  });

  it("in a description written in TypeScript is told as such, not as a fault of mbctl", async () => {
    const broken = [
      ["throws.mjs", 'throw new Error("boo")', /throws\.mjs cannot be loaded: boo/],
      ["imports.mjs", 'import "no-such-package"; export default {}', /imports\.mjs cannot .*no-such-package/],
    ] as const;
    for (const [name, text, message] of broken) {
      const file = join(folder, name);
      writeFileSync(file, text);
      const { code, err } = await run("synth", "--file", file);
      expect(code).toBe(1);
      expect(err).toMatch(message);
      expect(err).toContain("[CLUSTER_MODULE]");
    }
  });

  it("with a place on the disk is one sentence, not a stack", async () => {
    const file = cluster(SOUND);
    mkdirSync(join(folder, "folder.yaml"));
    for (const [args, expected] of [
      [["--out", file], "[FILE_REFUSED]"],
      [["--out", join(file, "below")], "[FILE_REFUSED]"],
      [["--file", join(folder, "folder.yaml")], "[CLUSTER_FILE_UNREADABLE]"],
    ] as const) {
      const { code, err } = await run("synth", "--file", file, ...args);
      expect([args, code]).toEqual([args, 1]);
      expect(err).toContain(expected);
      expect(err).not.toMatch(/^ +at /m);
    }
  });

  it("in the name of a lab is refused before anything is removed", async () => {
    const file = cluster(SOUND);
    for (const name of ["../..", ".", ""]) {
      for (const args of [
        ["lab", "down", "--yes", "--name", name],
        ["lab", "up", "--dry-run", "--name", name],
      ]) {
        const { code, err } = await run(...args, "--file", file);
        expect([args, code]).toEqual([args, 1]);
        expect(err).toContain("[LAB_NAME_INVALID]");
      }
    }
    expect(readdirSync(folder)).toEqual(["cluster.yaml"]);
  });
});

describe("mbctl", () => {
  it("asks before it changes something, and says --yes where nobody can be asked", async () => {
    const file = cluster(`${SOUND}tls: { public: { certificateFile: /c, keyFile: /k } }\n`);
    const { code, err } = await run("apply", "--file", file);
    expect(code).toBe(1);
    expect(err).toContain("add --yes where nobody sits at the terminal [NOT_CONFIRMED]");
  });

  it("refuses real machines without a certificate for their clients", async () => {
    const { code, err } = await run("apply", "--yes", "--file", cluster(SOUND));
    expect(code).toBe(1);
    expect(err).toContain("[TLS_PUBLIC_MISSING]");
  });

  it("says which lab is not up, and how to start it", async () => {
    const { code, err } = await run("apply", "--lab", "--yes", "--file", cluster(SOUND));
    expect(code).toBe(1);
    expect(err).toContain("mbctl lab up");
  });

  it("never takes the real machines for a lab that was named, be it by nothing", async () => {
    const file = cluster(`${SOUND}tls: { public: { certificateFile: /c, keyFile: /k } }\n`);
    const out = join(folder, "out");
    await run("synth", "--file", file, "--out", out);
    const stacks = join(out, "stacks");
    const stack = join(stacks, readdirSync(stacks)[0]!);
    for (const [args, code] of [
      [["--file", file, "--lab", ""], "[LAB_NAME_INVALID]"],
      [["--file", file, "--lab="], "[LAB_NAME_INVALID]"],
      [["--stack", stack, "--lab"], "--stack and --lab exclude each other"],
      [["--stack", stack, "--lab", ""], "--stack and --lab exclude each other"],
      [["--stack", stack, "--file", file], "--stack and --file exclude each other"],
    ] as const) {
      // Also of a command that only looks.
      for (const command of [["apply", "--yes"], ["status"]]) {
        const result = await run(...command, ...args);
        expect([args, result.code, result.err]).toEqual([args, 1, expect.stringContaining(code)]);
      }
    }
  });

  it("synthesises without any secret, and writes the same bytes twice", async () => {
    const file = cluster(SOUND);
    const read = (out: string) =>
      readdirSync(out, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "utf8")]);
    const first = join(folder, "one", "out");
    const second = join(folder, "two", "out");
    expect(await run("synth", "--file", file, "--out", first)).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse((await run("synth", "--json", "--file", file, "--out", second)).out)).toMatchObject({
      ok: true,
    });
    expect(read(second)).toEqual(read(first));
    expect(readdirSync(folder).sort()).toEqual(["cluster.yaml", "one", "two"]);
  });

  it("synthesises the witness like every machine, with what the project adds to its files", async () => {
    const file = cluster(readFileSync("examples/two-and-a-witness.yaml", "utf8"));
    const added = join(folder, "overrides", "node-3", "etc", "redis");
    mkdirSync(added, { recursive: true });
    writeFileSync(join(added, "sentinel.conf.append"), "# ours\n");
    const { code, out } = await run("synth", "--json", "--file", file, "--out", join(folder, "out"));
    const { machines } = JSON.parse(out) as { machines: readonly { readonly machine: string }[] };
    expect({ code, names: machines.map(({ machine }) => machine) }).toEqual({
      code: 0,
      names: ["node-1", "node-2", "node-3"],
    });
    const written = join(folder, "out/stacks/acme/machines/node-3/etc/redis/sentinel.conf");
    expect(readFileSync(written, "utf8")).toMatch(/# ours\n$/);
  });

  it("prints with --quiet, wherever it stands, the result and not what may be typed next", async () => {
    const words = ["synth", "--file", cluster(SOUND), "--out", join(folder, "out")];
    const { out } = await run(...words);
    const [result] = out.split("\nnext: mbctl validate");
    expect(result).not.toBe(out);
    expect(await run(...words, "--quiet")).toEqual({ code: 0, out: result, err: "" });
    expect(await run("-q", ...words)).toEqual({ code: 0, out: result, err: "" });
    const { err } = await run("synth", "-q", "--file", join(folder, "none.yaml"));
    expect(err).toContain("[CLUSTER_FILE_MISSING]");
  });

  it("refuses a stack that another version of the files has made", async () => {
    const file = cluster(`${SOUND}platform: { kind: hosts }\n`);
    const out = join(folder, "out");
    await run("synth", "--file", file, "--out", out);
    const { code, err } = await run("apply", "--yes", "--stack", join(out, "stacks", "nowhere"));
    expect(code).toBe(1);
    expect(err).toContain("[STACK_UNREADABLE]");
  });
});
