import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Resolver } from "../../../../src/support/placeholder.ts";
import { buildBundles } from "../../../../src/toolkit/bundle/build.ts";
import type { Bundle } from "../../../../src/toolkit/bundle/bundle.ts";
import { fileChanges } from "../../../../src/toolkit/runbooks/apply/file-changes.ts";
import { observeFiles, parseFileState } from "../../../../src/toolkit/runbooks/apply/file-state.ts";
import { stagingStep, swapStep } from "../../../../src/toolkit/runbooks/apply/file-steps.ts";
import { localTransport } from "../../../../src/toolkit/runner/local-transport.ts";
import type { FileSpec } from "../../../../src/toolkit/services/service.ts";
import { act, ask, type Command } from "../../../../src/toolkit/steps/command.ts";
import type { Gate } from "../../../../src/toolkit/steps/step.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { toyFile, toyService } from "../../fixtures/toy-service.ts";

/** The real scripts, in a real shell, with the machine's places moved into a folder. */
let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "mailbastion-files-"))));
afterEach(() => rm(folder, { recursive: true }));

const resolver: Resolver = { secret: () => "", fact: () => "" };

function run(command: Command) {
  const moved = (text: string) =>
    text
      .replaceAll("/var/lib/mailbastion-apply", `${folder}/apply`)
      .replaceAll("/run/mailbastion-staging", `${folder}/staging`)
      .replaceAll("/etc/", `${folder}/etc/`);
  return localTransport.run("node-1", {
    ...command,
    argv: command.argv.map(moved),
    ...(typeof command.stdin === "string" && { stdin: moved(command.stdin) }),
  });
}

function bundle(
  files: Readonly<Record<string, string>>,
  actions: Readonly<Record<string, FileSpec["action"]>> = {},
): Bundle {
  const specs = Object.entries(files).map(([path, text]) => {
    const action = actions[path];
    return toyFile(path, text, { ...(action && { action }), addressed: path.endsWith(".pem") });
  });
  return buildBundles(threeMachines, { services: [toyService("a", { files: () => specs })] })[0]!;
}

async function steps(wanted: Bundle, active: readonly string[] = [], gate?: Gate) {
  const answer = await run(observeFiles(wanted, [], "10.0.0.100"));
  // The places are moved back, as the bundle knows them.
  const state = parseFileState({ ...answer, stdout: answer.stdout.replaceAll(`${folder}/etc/`, "/etc/") });
  const change = fileChanges(wanted, state, resolver, false);
  const swap = swapStep(change, wanted, { ...state, activeUnits: new Set(active) }, () => gate);
  return { change, state, staging: stagingStep(change, state), swap };
}

async function all(commands: readonly Command[]): Promise<void> {
  for (const command of commands) expect(await run(command)).toMatchObject({ code: 0 });
}

const read = (path: string) => readFile(join(folder, path), "utf8").catch(() => undefined);

async function apply(wanted: Bundle) {
  const { staging, swap } = await steps(wanted);
  await all(staging.commands);
  await all(swap.commands);
  return swap;
}

describe("a file that lies under its hash, a private key", () => {
  const keyOf = (wanted: Bundle) => wanted.files.find(({ addressed }) => addressed)!.path.slice(1);

  it.each(["was refused while its files were checked", "was taken back after its files were swapped"])(
    "goes with the next apply of another one, when its own apply %s",
    async (how) => {
      await apply(bundle({ "/etc/a": "a1\n", "/etc/key.pem": "first\n" }));
      const second = bundle({ "/etc/a": "a2\n", "/etc/key.pem": "second\n" });
      const { staging, swap } = await steps(second);
      await all(staging.commands);
      if (how.startsWith("was taken back")) {
        await all(swap.commands);
        await all(swap.undo!);
      }
      expect(await read(keyOf(second))).toBe("second\n");
      const third = bundle({ "/etc/a": "a3\n", "/etc/key.pem": "third\n" });
      await apply(third);
      expect([await read(keyOf(second)), await read(keyOf(third))]).toEqual([undefined, "third\n"]);
      expect((await steps(third)).change).toMatchObject({ write: [], remove: [], manifest: false });
    },
  );
});

describe("a swap that is taken back", () => {
  it("leaves every file as it was before: the changed, the new and the removed ones", async () => {
    await apply(bundle({ "/etc/a": "a1\n", "/etc/b": "b1\n" }));
    const swap = await apply(bundle({ "/etc/a": "a2\n", "/etc/c": "c2\n" }));
    expect([await read("etc/a"), await read("etc/b"), await read("etc/c")]).toEqual([
      "a2\n",
      undefined,
      "c2\n",
    ]);
    await all(swap.undo!);
    expect([await read("etc/a"), await read("etc/b"), await read("etc/c")]).toEqual([
      "a1\n",
      "b1\n",
      undefined,
    ]);
    const { change } = await steps(bundle({ "/etc/a": "a1\n", "/etc/b": "b1\n" }));
    expect(change).toMatchObject({ write: [], remove: [], manifest: false });
  });

  it("touches nothing where it died before it kept the earlier files, although those of another swap lie there", async () => {
    await apply(bundle({ "/etc/a": "a1\n" }));
    await apply(bundle({ "/etc/a": "a2\n" }));
    const { swap } = await steps(bundle({ "/etc/a": "a3\n" }));
    await all(swap.undo!);
    expect(await read("etc/a")).toBe("a2\n");
  });

  it("forgets what it owes itself, and not what an earlier apply still owes", async () => {
    const takes = (name: string) => ({ kind: "run", command: act(["true", name]) }) as const;
    const actions = { "/etc/a": takes("a"), "/etc/b": takes("b") };
    await apply(bundle({ "/etc/a": "a1\n" }, actions));
    const { state } = await steps(bundle({ "/etc/a": "a1\n" }, actions));
    expect(state.pending).toHaveLength(1);
    const swap = await apply(bundle({ "/etc/a": "a1\n", "/etc/b": "b1\n" }, actions));
    expect((await steps(bundle({}))).state.pending).toHaveLength(2);
    await all(swap.undo!);
    expect((await steps(bundle({}))).state.pending).toEqual(state.pending);
  });

  it("asks the machine's own gate before it restarts a service", async () => {
    const gate = { title: "it may", command: ask(["may-restart"]), timeoutMs: 1_000, intervalMs: 1 };
    const wanted = bundle({ "/etc/a": "a1\n" }, { "/etc/a": { kind: "restart", unit: "toy.service" } });
    const { swap } = await steps(wanted, ["toy.service"], gate);
    const undo = swap.undo!.map(({ argv }) => argv);
    const restart = undo.findIndex((argv) => argv.join(" ") === "systemctl restart toy.service");
    expect(restart).toBeGreaterThan(0);
    expect(undo[restart - 1]!.at(-1)).toBe("may-restart");
  });

  it("tells a later look what was put, so that a change by hand is seen", async () => {
    await apply(bundle({ "/etc/a": "a1\n" }));
    await mkdir(dirname(join(folder, "etc/a")), { recursive: true });
    await writeFile(join(folder, "etc/a"), "by hand\n");
    const { state } = await steps(bundle({ "/etc/a": "a1\n" }));
    expect(state.files.get("/etc/a")!.placed).not.toBe(state.files.get("/etc/a")!.hash);
  });
});
