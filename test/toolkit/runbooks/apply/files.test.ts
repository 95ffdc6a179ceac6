import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { sha256 } from "../../../../src/support/hash.ts";
import type { Resolver } from "../../../../src/support/placeholder.ts";
import { buildBundles } from "../../../../src/toolkit/bundle/build.ts";
import { filesPhase } from "../../../../src/toolkit/runbooks/apply/files.ts";
import type { FileSpec, Service } from "../../../../src/toolkit/services/service.ts";
import { ask } from "../../../../src/toolkit/steps/command.ts";
import type { Stage } from "../../../../src/toolkit/steps/step.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { toyFile, toyService } from "../../fixtures/toy-service.ts";
import { runWith } from "../../services/shell.ts";

const resolver: Resolver = { secret: () => "hunter2", fact: () => "ens18" };

interface World {
  /** Lines of the observation that stand for machine state, the same on each machine. */
  readonly state: readonly string[];
  readonly files: (context: Parameters<Service["files"]>[0]) => readonly FileSpec[];
  /** Lines of one machine's own observation instead of these. */
  readonly own?: Readonly<Record<string, readonly string[]>>;
  readonly standing?: Readonly<Record<string, number>>;
  readonly restartGate?: NonNullable<Service["restartGate"]>;
  /** The machines to apply to, where they are not all. */
  readonly asked?: readonly string[];
}

function decide({ state, files, own = {}, standing = {}, restartGate, asked }: World): readonly Stage[] {
  const services = [
    toyService("a", {
      files,
      units: [{ name: "a.service", state: "running", enabled: true }],
      ...(restartGate && { restartGate }),
    }),
  ];
  const bundles = buildBundles(threeMachines, { services }).filter(
    ({ machine }) => asked?.includes(machine) ?? true,
  );
  const phase = filesPhase(threeMachines, services, bundles, () => resolver);
  const answer = (machine: string) => ({
    code: 0,
    stdout: [...(own[machine] ?? state), `standing\t${standing[machine] ?? 0}`]
      .map((line) => `${line}\n`)
      .join(""),
    stderr: "",
  });
  return phase.decide(new Map(phase.machines.map((machine) => [machine, answer(machine)])));
}

const present = (path: string, content: string, mode = "0644", marked = "no") =>
  `file\t${path}\t${mode}\troot\troot\t${sha256(content)}\t${marked}`;
const titles = (stages: readonly Stage[]) =>
  stages.map((stage) => stage.map((step) => `${step.machine}: ${step.title}`));
const restart = { kind: "restart", unit: "a.service" } as const;

describe("files", () => {
  it("that lie as they should, secrets put in, need nothing", () => {
    const state = [present("/etc/a", "pw hunter2"), "owned\t/etc/a"];
    expect(decide({ state, files: (context) => [toyFile("/etc/a", `pw ${context.secret("x")}`)] })).toEqual(
      [],
    );
  });

  it.each([
    ["content", present("/etc/a", "old")],
    ["mode", present("/etc/a", "new", "0600")],
    ["absence", "file\t/etc/b\t0644\troot\troot\tx\tno"],
  ])("that differ in %s are staged on all machines before one is put in place", (_what, line) => {
    expect(
      titles(decide({ state: [line, "owned\t/etc/a"], files: () => [toyFile("/etc/a", "new")] })),
    ).toEqual([
      ["node-1", "node-2", "node-3"].map((name) => `${name}: stage and check 1 file`),
      ["node-1", "node-2", "node-3"].map((name) => `${name}: put 1 file in place`),
    ]);
  });

  it("that their daemon rewrites are never written again once they bear our mark", () => {
    const files = () => [toyFile("/etc/redis.conf", "seed", { seedOnly: true })];
    expect(
      decide({
        state: [present("/etc/redis.conf", "rewritten", "0660", "yes"), "owned\t/etc/redis.conf"],
        files,
      }),
    ).toEqual([]);
    expect(
      decide({
        state: [present("/etc/redis.conf", "Debian's", "0640", "no"), "owned\t/etc/redis.conf"],
        files,
      }),
    ).not.toEqual([]);
  });

  describe("that their daemon rewrites, described anew", () => {
    const files = () => [toyFile("/etc/redis.conf", "new seed", { seedOnly: true, action: restart })];
    const seed = (now: string, placed = now) =>
      `${present("/etc/redis.conf", now, "0640", "yes")}\t${sha256(placed)}`;
    const world = (state: readonly string[], other: Partial<World> = {}) =>
      decide({ state: [...state, "owned\t/etc/redis.conf"], files, ...other });

    it("are written again on all machines as long as no daemon has read one", () => {
      expect(titles(world([seed("seed")])).slice(1)).toEqual([
        ["node-1", "node-2", "node-3"].map((name) => `${name}: put 1 file in place`),
      ]);
      expect(world([seed("new seed").replace("0640", "0644")])).toEqual([]);
    });

    it.each([
      ["has rewritten one", { own: { "node-2": [seed("rewritten", "seed"), "owned\t/etc/redis.conf"] } }],
      ["runs on one", { own: { "node-2": [seed("seed"), "owned\t/etc/redis.conf", "active\ta.service"] } }],
    ])("are left on all machines once a daemon %s", (_what, other) => {
      expect(world([seed("seed")], other)).toEqual([]);
    });

    it("are left where not all machines were asked", () => {
      expect(world([seed("seed")], { asked: ["node-1", "node-2"] })).toEqual([]);
    });
  });

  it("are checked by the real program under the path where they are staged", () => {
    const file = toyFile("/etc/a.cfg", "new", {
      check: { kind: "command", argv: ["haproxy", "-c", "-f", "{staged}"] },
    });
    const [staging] = decide({ state: [], files: () => [file] });
    const check = staging![0]!.commands.at(-1)!;
    expect(check.argv).toEqual(["haproxy", "-c", "-f", "/run/mailbastion-staging/etc/a.cfg"]);
    expect(check.mutates).toBe(false);
  });

  it("that others name are in their place before the others are checked", () => {
    const files = (context: Parameters<Service["files"]>[0]) => [
      toyFile("/etc/a.cfg", context.addressed("/etc/a.pem"), {
        check: { kind: "command", argv: ["check", "{staged}"] },
      }),
      toyFile("/etc/a.pem", "PEM", { addressed: true }),
    ];
    const [staging] = decide({ state: [], files });
    const lines = staging![0]!.commands.map((command) => command.argv.join(" "));
    const placed = lines.findIndex((line) => line.includes("mailbastion-new") && line.includes("/etc/a-"));
    const checked = lines.findIndex((line) => line.startsWith("check "));
    expect(placed).toBeGreaterThan(-1);
    expect(checked).toBeGreaterThan(placed);
  });

  it("that nobody owns any more are removed", () => {
    const stages = decide({
      state: [present("/etc/a", "x"), "owned\t/etc/a", "owned\t/etc/old.conf"],
      files: () => [toyFile("/etc/a", "x")],
    });
    expect(
      stages.flat().flatMap((step) => step.commands.map((command) => command.argv.slice(4))),
    ).toContainEqual(["/var/lib/mailbastion-apply/placed", "/etc/old.conf"]);
  });

  it("of a running service are put machine by machine, each proven before the next", () => {
    const stages = decide({
      state: [present("/etc/a", "old"), "owned\t/etc/a", "active\ta.service"],
      files: () => [toyFile("/etc/a", "new", { action: restart })],
    });
    expect(titles(stages).slice(1)).toEqual(
      ["node-1", "node-2", "node-3"].map((name) => [
        `${name}: put 1 file in place`,
        `${name}: restart a.service`,
      ]),
    );
    expect(stages[1]![1]!.verify!.command.argv).toEqual(["probe", "a"]);
  });

  it("of a service with a gate wait, before each swap, until all of its machines allow the restart", () => {
    const gate = { title: "all is quiet", command: ask(["quiet"]), timeoutMs: 1, intervalMs: 1 };
    const world = {
      files: () => [toyFile("/etc/a", "new", { action: restart })],
      restartGate: () => gate,
    };
    const names = ["node-1", "node-2", "node-3"];
    const stages = decide({
      ...world,
      state: [present("/etc/a", "old"), "owned\t/etc/a", "active\ta.service"],
    });
    expect(titles(stages).slice(1)).toEqual(
      names.flatMap((name) => [
        names.map((asked) => `${asked}: wait until a may be restarted on ${name}`),
        [`${name}: put 1 file in place`, `${name}: restart a.service`],
      ]),
    );
    expect(stages[1]!.map(({ commands, verify }) => ({ commands, verify }))).toEqual(
      names.map(() => ({ commands: [], verify: gate })),
    );
    const stopped = decide({ ...world, state: [present("/etc/a", "old"), "owned\t/etc/a"] });
    expect(titles(stopped).flat().join("\n")).not.toContain("wait until");
  });

  it("come last to the machine that bears the VIP, and before it to the writer", () => {
    const standing = { "node-1": 10_000_000, "node-2": 300, "node-3": 0 };
    const stages = decide({
      state: [present("/etc/a", "old"), "owned\t/etc/a", "active\ta.service"],
      files: () => [toyFile("/etc/a", "new", { action: restart })],
      standing,
    });
    expect(stages.slice(1).map(([first]) => first!.machine)).toEqual(["node-3", "node-2", "node-1"]);
  });

  it("are put back, and their services take them again, when one does not work with them", () => {
    const [, [swap]] = decide({
      state: [present("/etc/a", "old"), "owned\t/etc/a", "active\ta.service"],
      files: () => [toyFile("/etc/a", "new", { action: restart })],
    }) as [Stage, Stage];
    const lines = swap!.undo!.map(({ argv }) => argv.slice(4).join(" ") || argv.join(" "));
    expect(lines[0]).toMatch(
      /^\/var\/lib\/mailbastion-apply\/previous \w+ \/var\/lib\/mailbastion-apply\/placed \/etc\/a$/,
    );
    expect(lines).toContain("systemctl restart a.service");
  });

  it("do not restart a stopped service: it reads them when it starts", () => {
    const stages = decide({
      state: [present("/etc/a", "old"), "owned\t/etc/a"],
      files: () => [toyFile("/etc/a", "new", { action: restart })],
    });
    expect(stages).toHaveLength(2);
  });

  it("that were put by a run which died before the restart still restart", () => {
    const state = [
      present("/etc/a", "new"),
      "owned\t/etc/a",
      "active\ta.service",
      "pending\trestart@a.service",
    ];
    expect(
      titles(decide({ state, files: () => [toyFile("/etc/a", "new", { action: restart })] })).flat(),
    ).toEqual(["node-1: restart a.service", "node-2: restart a.service", "node-3: restart a.service"]);
  });

  describe("of a service that reads some of them anew, and starts again for others", () => {
    const reload = { kind: "reload", unit: "a.service" } as const;
    const files = () => [
      toyFile("/etc/a", "a", { action: restart }),
      toyFile("/etc/keys", "keys", { action: reload }),
    ];
    const both = [present("/etc/a", "a"), present("/etc/keys", "keys")];
    const rest = ["owned\t/etc/a", "owned\t/etc/keys", "active\ta.service"];
    const actions = (...state: readonly string[]) =>
      decide({ state: [...state, ...rest], files })
        .flat()
        .filter(({ machine, title }) => machine === "node-1" && /^(reload|restart) /.test(title));

    it.each([
      ["only what is read anew has changed", [present("/etc/a", "a")], "reload a.service"],
      ["a reload is owed from an earlier run", [...both, "pending\treload@a.service"], "reload a.service"],
      ["only what needs a restart has changed", [present("/etc/keys", "keys")], "restart a.service"],
      ["both have changed", [], "restart a.service"],
      [
        "a restart is owed and the other has changed",
        [present("/etc/a", "a"), "pending\trestart@a.service"],
        "restart a.service",
      ],
    ])("send one of the two where %s", (_what, state, title) => {
      expect(actions(...state).map((step) => step.title)).toEqual([title]);
    });

    it("settle an owed reload by a restart, as soon as that is done", () => {
      const [step] = actions(present("/etc/keys", "keys"), "pending\treload@a.service");
      const pending = mkdtempSync(join(tmpdir(), "mailbastion-pending-"));
      try {
        const owed = ["reload@a.service", "restart@a.service", "restart@b.service"];
        for (const name of owed) writeFileSync(join(pending, name), "");
        const here = step!.commands[0]!.argv.map((word) =>
          word === "/var/lib/mailbastion-apply/pending" ? pending : word,
        );
        expect(runWith(here, { programs: { systemctl: "exit 1" } }).code).not.toBe(0);
        expect(readdirSync(pending).toSorted()).toEqual(owed);
        expect(runWith(here, { programs: { systemctl: '[ "$*" = "restart a.service" ]' } }).code).toBe(0);
        expect(readdirSync(pending)).toEqual(["restart@b.service"]);
      } finally {
        rmSync(pending, { recursive: true });
      }
    });
  });

  describe("that an earlier run has put on one machine before it died", () => {
    const files = () => [toyFile("/etc/a", "new", { action: restart })];
    const state = [present("/etc/a", "old"), "owned\t/etc/a", "active\ta.service"];
    const put = [present("/etc/a", "new"), "owned\t/etc/a"];
    const before = (own: readonly string[], restartGate?: World["restartGate"]) =>
      decide({ state, files, own: { "node-1": own }, ...(restartGate && { restartGate }) })
        .slice(0, 2)
        .flat()
        .filter(({ title }) => title === "wait for a before it is restarted elsewhere");

    it.each([
      ["runs with them", "active\ta.service"],
      ["fails with them", "failed\ta.service"],
    ])("are proven there before the service restarts elsewhere, where it %s", (_what, line) => {
      const steps = before([...put, line]);
      expect(steps.map(({ machine }) => machine)).toEqual(["node-1"]);
      expect(steps[0]!.commands).toEqual([]);
      expect(steps[0]!.verify!.command.argv).toEqual(["probe", "a"]);
    });

    it("are not waited for where the service is still to be started, or gets others now", () => {
      expect(before(put)).toEqual([]);
      expect(before(["failed\ta.service"])).toEqual([]);
    });

    it("are not waited for where the restart is owed and comes in its turn", () => {
      expect(before([...put, "active\ta.service", "pending\trestart@a.service"])).toEqual([]);
    });

    it("are left to the gate of a service that has one", () => {
      const gate = { title: "all is quiet", command: ask(["quiet"]), timeoutMs: 1, intervalMs: 1 };
      expect(before([...put, "active\ta.service"], () => gate)).toEqual([]);
    });
  });

  it("note what is owed before they are swapped", () => {
    const stages = decide({
      state: [present("/etc/a", "old"), "owned\t/etc/a", "active\ta.service"],
      files: () => [toyFile("/etc/a", "new", { action: restart })],
    });
    const [, owed] = stages[1]![0]!.commands;
    expect(owed!.argv.slice(-2)).toEqual(["/var/lib/mailbastion-apply/pending", "restart@a.service"]);
  });

  it("of systemd make it read its units again, once", () => {
    const stages = decide({
      state: [],
      files: () => [
        toyFile("/etc/systemd/system/x.service", "1"),
        toyFile("/etc/systemd/system/y.service", "2"),
      ],
    });
    expect(titles(stages)[1]!.filter((title) => title.endsWith("let systemd read its units again"))).toEqual(
      ["node-1", "node-2", "node-3"].map((name) => `${name}: let systemd read its units again`),
    );
  });
});
