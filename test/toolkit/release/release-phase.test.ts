import { describe, expect, it } from "@jest/globals";
import type { Release } from "../../../src/toolkit/release/release.ts";
import { releasePhase } from "../../../src/toolkit/release/release-phase.ts";
import { releaseRestartPhase } from "../../../src/toolkit/release/restart-phase.ts";
import { ask, type Answer } from "../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../src/toolkit/steps/phase.ts";

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

describe("restarting into the release", () => {
  const phase = releaseRestartPhase(["node-1", "node-2", "node-3"], (name) => ask(["probe", name]));
  const switched = ["processor x86_64", "current 1.0.0-new", "running 1.0.0-old"];

  it("takes one machine after the other, each until its probe answers", () => {
    const stages = phase.decide(answers({ "node-1": switched, "node-2": DONE, "node-3": switched }));
    expect(stages.map((stage) => stage.map(({ machine }) => machine))).toEqual([["node-1"], ["node-3"]]);
    expect(stages.map(([step]) => step!.verify!.command.argv)).toEqual([
      ["probe", "node-1"],
      ["probe", "node-3"],
    ]);
  });

  it("leaves alone what runs the current release, and what does not run", () => {
    expect(titles(phase, { "node-1": DONE, "node-2": BARE, "node-3": DONE })).toEqual([]);
  });
});
