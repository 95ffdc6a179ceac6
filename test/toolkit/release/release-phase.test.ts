import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { RELEASE } from "../../../src/contract/release-layout.ts";
import type { Release } from "../../../src/toolkit/release/release.ts";
import { releasePhase } from "../../../src/toolkit/release/release-phase.ts";
import { releaseRestartPhase } from "../../../src/toolkit/release/restart-phase.ts";
import { ask, type Answer } from "../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../src/toolkit/steps/phase.ts";
import type { Stage } from "../../../src/toolkit/steps/step.ts";
import { runWith } from "../services/shell.ts";

const release: Release = {
  id: "1.0.0-new",
  archive: "/cache/mbnode.tar.gz",
  runtimes: { x64: { name: "node-v24-x64", archive: "/cache/node-x64.tar.gz" } },
};

function answers(said: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, Answer> {
  return new Map(
    Object.entries(said).map(([machine, lines]) => [
      machine,
      { code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" },
    ]),
  );
}

/** The stages as titles. */
function titles(
  phase: Phase,
  said: Readonly<Record<string, readonly string[]>>,
): readonly (readonly string[])[] {
  return phase
    .decide(answers(said))
    .map((stage) => stage.map(({ machine, title }) => `${machine}: ${title}`));
}

const BARE = ["processor x86_64"];
const DONE = [
  "processor x86_64",
  "current 1.0.0-new",
  "release 1.0.0-new node-v24-x64",
  "runtime node-v24-x64",
  "running 1.0.0-new",
];
const OLD = [
  "processor x86_64",
  "current 1.0.0-old",
  "release 1.0.0-old node-v24-x64",
  "runtime node-v24-x64",
  "running 1.0.0-old",
];

describe("putting the release", () => {
  const phase = releasePhase(release, ["node-1", "node-2"]);

  it("uploads to a bare machine the runtime, the program, and then makes it current", () => {
    expect(titles(phase, { "node-1": BARE, "node-2": DONE })).toEqual([
      ["node-1: put node-v24-x64"],
      ["node-1: put mbnode 1.0.0-new"],
      ["node-1: make 1.0.0-new the current release"],
    ]);
  });

  it("does nothing where it is there", () => {
    expect(titles(phase, { "node-1": DONE, "node-2": DONE })).toEqual([]);
  });

  it("only makes the link where an upload was ended before it", () => {
    const said = ["processor x86_64", "release 1.0.0-new node-v24-x64", "runtime node-v24-x64"];
    expect(titles(phase, { "node-1": said, "node-2": DONE })).toEqual([
      ["node-1: make 1.0.0-new the current release"],
    ]);
  });

  it("streams the archives, passes names as arguments and asks for nothing else", () => {
    const steps = phase.decide(answers({ "node-1": BARE, "node-2": DONE })).flat();
    expect(steps.map(({ commands }) => commands)).toMatchSnapshot();
    expect(steps.every(({ commands }) => commands.every(({ mutates }) => mutates))).toBe(true);
    expect(phase.observe("node-1").mutates).toBe(false);
  });

  it("keeps the release before it and the one that runs, and removes older ones with their runtimes", () => {
    const said = [
      ...OLD.slice(0, 4),
      "release 1.0.0-running node-v23-x64",
      "release 1.0.0-ancient node-v20-x64",
      "runtime node-v23-x64",
      "runtime node-v20-x64",
      "running 1.0.0-running",
    ];
    const commands = phase.decide(answers({ "node-1": said })).at(-1)![0]!.commands;
    expect(commands.at(-1)!.argv).toEqual([
      "rm",
      "-rf",
      "--",
      "/opt/mailbastion/releases/1.0.0-ancient",
      "/opt/mailbastion/runtimes/node-v20-x64",
    ]);
  });

  it("refuses a machine whose runtime was not prepared", () => {
    expect(() => phase.decide(answers({ "node-1": ["processor aarch64"] }))).toThrow(
      "machine node-1 has an arm64 processor",
    );
  });

  it("refuses to guess what a machine has that could not say", () => {
    const mute = new Map([["node-1", { code: 1, stdout: "", stderr: "boom" }]]);
    expect(() => phase.decide(mute)).toThrow("machine node-1 cannot say which mail node it has (boom)");
  });
});

describe("a release that is taken back with the files", () => {
  const probe = (name: string) => ask(["probe", name]);
  const phase = releasePhase(release, ["node-1"], { group: "put files", probe });
  const links = (said: readonly string[]) => {
    const steps = phase.decide(answers({ "node-1": said })).flat();
    return steps.filter(({ title }) => title === "make 1.0.0-new the current release");
  };

  it("gives back what runs, or else what is current, and nothing on a bare machine", () => {
    expect(phase.group).toBe("put files");
    const earlierOf = (said: readonly string[]) => links(said)[0]!.undo?.[0]!.argv.at(-1);
    expect(earlierOf([...OLD.slice(0, 4), "running 1.0.0-older"])).toBe("1.0.0-older");
    expect(earlierOf(OLD.slice(0, 4))).toBe("1.0.0-old");
    expect(earlierOf(BARE)).toBeUndefined();
  });

  it("is taken back also where a run died after it had made the link", () => {
    const [step] = links([...DONE.slice(0, 4), "running 1.0.0-old"]);
    expect(step!.undo![0]!.argv.at(-1)).toBe("1.0.0-old");
    expect(links(DONE.slice(0, 4))).toEqual([]);
  });
});

describe("restarting into the release", () => {
  const phase = releaseRestartPhase(["node-1", "node-2", "node-3"], (name) => ask(["probe", name]));
  const switched = ["processor x86_64", "current 1.0.0-new", "running 1.0.0-old"];
  const stagesOf = (said: Readonly<Record<string, readonly string[]>>, ...broken: readonly string[]) => {
    const lines = Object.entries(said).map(([machine, each]): [string, readonly string[]] => [
      machine,
      ["@release 0", ...each.map((line) => `|${line}`), `@probe ${broken.includes(machine) ? 1 : 0}`],
    ]);
    return phase.decide(answers(Object.fromEntries(lines)));
  };
  const shown = (stages: readonly Stage[]) =>
    stages.map((stage) => stage.map(({ machine, title }) => `${machine}: ${title}`));

  it("takes one machine after the other, each until its probe answers", () => {
    const stages = stagesOf({ "node-1": switched, "node-2": DONE, "node-3": switched });
    expect(shown(stages)).toEqual([
      ["node-1: let the mail node start with 1.0.0-new", "node-3: let the mail node start with 1.0.0-new"],
      ["node-1: restart the mail node"],
      ["node-3: restart the mail node"],
    ]);
    expect(stages.slice(1).map(([step]) => step!.verify!.command.argv)).toEqual([
      ["probe", "node-1"],
      ["probe", "node-3"],
    ]);
  });

  it("leaves alone what runs the current release, and what does not run", () => {
    expect(stagesOf({ "node-1": DONE, "node-2": BARE, "node-3": DONE })).toEqual([]);
  });

  it("restarts none while one that has the release already does not do its work", () => {
    const crashes = DONE.slice(0, 4);
    const stages = stagesOf({ "node-1": crashes, "node-2": switched, "node-3": switched }, "node-1");
    expect(shown(stages)[1]).toEqual(["node-1: wait for the mail node before another one is restarted"]);
    expect(stages[1]![0]!.commands).toEqual([]);
    expect(stages[1]![0]!.verify!.command.argv).toEqual(["probe", "node-1"]);
  });

  it("begins with one that does nothing and is to be restarted", () => {
    const stages = stagesOf({ "node-1": switched, "node-2": switched, "node-3": switched }, "node-3");
    expect(stages.slice(1).map(([step]) => step!.machine)).toEqual(["node-3", "node-1", "node-2"]);
  });

  it("gives every machine its earlier release back when one fails, also where its turn had not come", () => {
    expect(phase.group).toBe(phase.title);
    const [first] = stagesOf({ "node-1": switched, "node-2": DONE, "node-3": switched });
    expect(first!.map(({ machine, undo }) => [machine, undo![0]!.argv.at(-1)])).toEqual([
      ["node-1", "1.0.0-old"],
      ["node-3", "1.0.0-old"],
    ]);
  });

  describe("the earlier one when it is given back", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-release-"));
    afterAll(() => rmSync(folder, { recursive: true }));

    /** Runs the real script; a probe that fails would be asked for a minute, so that every one holds. */
    function giveBack(running: string | undefined, state: string) {
      const place = join(folder, "running");
      const log = join(folder, "log");
      rmSync(place, { force: true });
      writeFileSync(log, "");
      if (running !== undefined) writeFileSync(place, `${running}\n`);
      const [first] = stagesOf({ "node-1": switched, "node-2": DONE, "node-3": DONE });
      const argv = first![0]!.undo![1]!.argv.map((word) => (word === RELEASE.running ? place : word));
      const programs = {
        systemctl: `case $1 in show) echo ${state} ;; *) echo "$*" >>${log} ;; esac`,
        probe: `echo "probe $*" >>${log}`,
      };
      expect(runWith(argv, { programs })).toMatchObject({ code: 0, stderr: "" });
      return readFileSync(log, "utf8");
    }

    it.each([
      ["is restarted and proven where the other one runs", "1.0.0-new", "active"],
      ["is restarted and proven where the other one ends again and again", undefined, "activating"],
    ])("%s", (_what, running, state) => {
      expect(giveBack(running, state)).toBe(`try-restart ${RELEASE.unit}\nprobe node-1\n`);
    });

    it("is left alone where it runs still, and not waited for where the unit is stopped", () => {
      expect(giveBack("1.0.0-old", "active")).toBe("");
      expect(giveBack(undefined, "inactive")).toBe(`try-restart ${RELEASE.unit}\n`);
    });
  });
});
