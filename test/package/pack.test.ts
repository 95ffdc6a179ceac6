import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildBundles } from "../../src/toolkit/bundle/build.ts";
import { loadCluster } from "../../src/toolkit/project/load-cluster.ts";
import { resolve as resolveCluster } from "../../src/toolkit/topology/resolve.ts";
import { checkout, documented, install, pack, type Packed } from "./consumer.ts";

/* Far above what packing and installing take on a busy machine, so that a registry which hangs ends the test. */
jest.setTimeout(300_000);

const run = promisify(execFile);
const EXAMPLE = join(checkout, "examples/three-machines.yaml");
const { version, devDependencies } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
  version: string;
  devDependencies: Record<string, string>;
};

let folder: string;
let packed: Packed;
let project: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mailbastion-pack-"));
  packed = await pack(folder);
  project = await install(folder, packed);
  await copyFile(EXAMPLE, join(project, "cluster.yaml"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A command of the installed package, in the project's folder. */
function command(name: string, args: readonly string[], nodeArgs: readonly string[] = []) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeArgs, join(project, "node_modules/.bin", name), ...args],
    { cwd: project, encoding: "utf8" },
  );
  return { code: status, stdout, stderr };
}

/** Names of packages with this name in the manifest or on disk, however deep they were installed. */
function installed(...names: readonly string[]): readonly string[] {
  return globSync("**/package.json", { cwd: join(project, "node_modules") })
    .map(
      (path) =>
        JSON.parse(readFileSync(join(project, "node_modules", path), "utf8")) as Record<string, string>,
    )
    .filter((manifest) => names.includes(manifest["name"]!))
    .map((manifest) => `${manifest["name"]}@${manifest["version"]}`);
}

describe("the package that is published", () => {
  it("holds what runs and what is read, no source, no test, and nothing that a run left behind", () => {
    const rooms = new Set(packed.files.map((path) => path.split("/")[0]));
    expect([...rooms].toSorted()).toEqual(
      ["CHANGELOG.md", "LICENSE", "bin", "dist", "docs", "examples", "images", "package.json", "templates"]
        .concat(existsSync(join(checkout, "README.md")) ? ["README.md"] : [])
        .toSorted(),
    );
    expect(packed.files).toContain("dist/mbnode/mbnode.mjs");
    expect(packed.files).toContain("dist/mbnode/log-worker.mjs");
    for (const [notices, name] of [
      ["dist/third-party-notices.txt", "ssh2 "],
      ["dist/mbnode/third-party-notices.txt", "smtp-server "],
    ] as const)
      expect(readFileSync(join(project, "node_modules/mailbastion", notices), "utf8")).toMatch(
        new RegExp(`^${name}.*[^]*^Permission is hereby granted`, "m"),
      );
    const sources = packed.files.filter((path) => /^(?!examples\/).*(?<!\.d)\.ts$/.test(path));
    const leftBehind = packed.files.filter((path) => /left-by|\.mailbastion/.test(path));
    expect({ sources, leftBehind }).toEqual({ sources: [], leftBehind: [] });
  });

  it("has one core of cdktf when it is installed as the reference says, and it is the maintained one", () => {
    expect(installed("cdktf", "cdktn")).toEqual(["cdktn@0.24.0"]);
    expect(installed("constructs")).toEqual(["constructs@10.7.2"]);
  });

  it("runs mbctl and mbnode from plain JavaScript", () => {
    expect(command("mbctl", ["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect(command("mbnode", ["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const { code, stdout } = command("mbctl", ["validate", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--in-lab");
  });

  it("synthesises an example to the same bytes as the checkout does", async () => {
    const { code, stdout, stderr } = command("mbctl", ["synth", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const bundles = buildBundles(resolveCluster((await loadCluster(EXAMPLE)).spec));
    const expected = bundles.map(({ machine, hash, files }) => ({ machine, hash, files: files.length }));
    expect((JSON.parse(stdout) as { machines: unknown }).machines).toEqual(expected);
  });

  it("reads a description written in TypeScript", async () => {
    const description = [
      'import { defineCluster } from "mailbastion";',
      "export default defineCluster({",
      '  name: "typed",',
      '  mail: { domains: ["example.com"], relayNetworks: ["192.168.1.0/24"], nextHop: "mx.internal:25" },',
      '  network: { cidr: "192.168.1.0/24", vip: "192.168.1.100" },',
      "  machines: Object.fromEntries([1, 2, 3].map((n: number) => [`node-${n}`, {",
      "    address: `192.168.1.${n}`,",
      '    roles: ["balancer", "mail", "database", "cache", "storage"],',
      "  }])),",
      "});",
    ];
    await writeFile(join(project, "cluster.ts"), description.join("\n"));
    const { code, stderr } = command("mbctl", ["synth", "--file", "cluster.ts"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(existsSync(join(project, "cdktf.out/stacks/typed/machines/node-3/etc/haproxy/haproxy.cfg"))).toBe(
      true,
    );
  });

  it("takes a fault of the project's own module for one that a person can mend, whichever part it comes from", async () => {
    for (const part of ["mailbastion", "mailbastion/runbooks"]) {
      const description = [
        `import { UserError } from ${JSON.stringify(part)};`,
        'throw new UserError("OUR_RULE", "there are too few machines", "order one");',
      ];
      await writeFile(join(project, "refuses.ts"), description.join("\n"));
      const { code, stderr } = command("mbctl", ["synth", "--file", "refuses.ts"]);
      expect(stderr).toBe("mbctl: there are too few machines\n  -> order one [OUR_RULE]\n");
      expect(code).toBe(1);
    }
  });

  /** The files that a program of the package reads. */
  async function readBy(file: string, args: readonly string[]): Promise<readonly string[]> {
    const hook = join(folder, "loaded.mjs");
    const lines = [
      'import { registerHooks } from "node:module";',
      "const load = (url, context, next) => (console.error(url), next(url, context));",
      "registerHooks({ load });",
    ];
    await writeFile(hook, lines.join("\n"));
    const path = join(project, "node_modules/mailbastion", file);
    const { stderr } = await run(process.execPath, ["--import", hook, path, ...args], { cwd: project });
    return stderr.split("\n").filter((line) => line.startsWith("file:"));
  }

  it("asks machines without reading a file of what every command begins with: it is in the bundle", async () => {
    const packages = (await readBy("bin/mbctl.js", ["exec", "--help"])).flatMap(
      (url) => /.*node_modules\/([^/]+)\//.exec(url)?.[1] ?? [],
    );
    // ssh2 looks whether this one is there.
    expect([...new Set(packages)].filter((name) => name !== "cpu-features")).toEqual(["mailbastion"]);
  });

  it("asks a running node without reading what takes mail: every look at a machine does", async () => {
    const files = await readBy("dist/mbnode/mbnode.mjs", ["status", "--help"]);
    expect(files.length).toBeGreaterThan(1);
    const bytes = files.reduce((sum, url) => sum + statSync(fileURLToPath(url)).size, 0);
    const all = globSync("*.mjs", { cwd: join(project, "node_modules/mailbastion/dist/mbnode") });
    expect(all.length).toBeGreaterThan(files.length);
    expect(bytes).toBeLessThan(500_000);
  });

  it("synthesises the typed stack of the reference, whose rollout finds the installed mbctl", async () => {
    await writeFile(join(project, "stack.ts"), await documented("ts"));
    await run(process.execPath, ["stack.ts"], { cwd: project });
    const stack = join(project, "cdktf.out/stacks/production");
    const { resource } = JSON.parse(await readFile(join(stack, "cdk.tf.json"), "utf8")) as {
      resource: Record<
        string,
        Record<string, { provisioner: { "local-exec": { interpreter: string[] } }[] }>
      >;
    };
    expect(Object.keys(resource["docker_container"]!)).toEqual(["node-1", "node-2", "node-3"]);
    const [provisioner] = resource["terraform_data"]!["apply"]!.provisioner;
    expect(resolve(stack, provisioner!["local-exec"].interpreter[0]!)).toBe(
      join(project, "node_modules/mailbastion/bin/mbctl.js"),
    );
  });

  it("synthesises the stack of the reference that reads its description from a file", async () => {
    await writeFile(join(project, "from-file.ts"), await documented("ts", 1));
    await run(process.execPath, ["from-file.ts"], { cwd: project });
    const manifest = await readFile(join(project, "cdktf.out/stacks/acme/bundle.json"), "utf8");
    expect(Object.keys((JSON.parse(manifest) as { machines: object }).machines)).toEqual([
      "node-1",
      "node-2",
      "node-3",
    ]);
  });

  it("brings types: the stack of the reference passes, a wrong description does not", async () => {
    await writeFile(join(project, "stack.ts"), await documented("ts"));
    await writeFile(join(project, "from-file.ts"), await documented("ts", 1));
    const wrong = [
      'import { defineCluster, secretVersions } from "mailbastion";',
      'import { ClusterStack } from "mailbastion/constructs";',
      "// @ts-expect-error a name is text",
      "const cluster = defineCluster({ name: 5 });",
      "// @ts-expect-error a stack takes a cluster",
      'export const stack = (scope: never) => new ClusterStack(scope, "acme");',
      "// @ts-expect-error versions come as a promise",
      'export const version: string = secretVersions(".", cluster)("x");',
    ];
    await writeFile(join(project, "wrong.ts"), wrong.join("\n"));
    const compilerOptions = { noEmit: true, strict: true, skipLibCheck: true, module: "nodenext", types: [] };
    await writeFile(
      join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["stack.ts", "from-file.ts", "wrong.ts"] }),
    );
    const tsc = join(checkout, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("assembles the release of the mail node, with a runtime from the registry", async () => {
    const cache = join(folder, "cache");
    const room = join(project, "node_modules/mailbastion/dist/toolkit/release/index.js");
    const program = `const { prepareRelease } = await import(${JSON.stringify(room)});
      process.stdout.write(JSON.stringify(await prepareRelease()));`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
      env: { ...process.env, XDG_CACHE_HOME: cache },
    });
    const release = JSON.parse(stdout) as {
      archive: string;
      runtimes: { x64: { name: string; archive: string } };
    };
    expect(release.runtimes.x64.name).toBe(`node-v${devDependencies["node"]}-linux-x64`);
    const place = join(folder, "release");
    for (const [archive, into] of [
      [release.archive, place],
      [release.runtimes.x64.archive, join(place, "runtime")],
    ] as const) {
      await mkdir(into, { recursive: true });
      await run("tar", ["-xzf", archive, "-C", into]);
    }
    expect(existsSync(join(place, "third-party-notices.txt"))).toBe(true);
    const answer = await run(join(place, "bin/mbnode"), ["--version"], { env: {} });
    expect(answer.stdout).toBe(`${version}\n`);
  });

  it("says in one sentence that an older Node will not do, and what to install", () => {
    const older =
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
    const { code, stderr } = command("mbctl", ["--version"], ["--import", `data:text/javascript,${older}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^This needs Node 24 or later .* npm install --save-dev node@24\n$/);
  });

  it("says in one sentence that the Docker bindings were installed with a core of their own", async () => {
    const modules = join(project, "node_modules/@cdktf/provider-docker/node_modules");
    await mkdir(modules);
    await symlink(join(checkout, "node_modules/cdktf-original"), join(modules, "cdktf"));
    const { code, stderr } = command("mbctl", ["synth", "--out", "none"]);
    await rm(modules, { recursive: true });
    expect(stderr).toContain("mbctl: there are two cores of cdktf");
    expect(stderr).toContain("[CDKTF_TWO_CORES]");
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(1);
  });
});
