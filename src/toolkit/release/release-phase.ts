import { RELEASE } from "../../contract/release-layout.ts";
import { UserError } from "../../support/errors.ts";
import { act, script, type Command } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";
import type { Step } from "../steps/step.ts";
import { lookAtMachine, stateOf, type MachineState } from "./machine-state.ts";
import type { Release, Runtime } from "./release.ts";
import { giveBack, switchTo } from "./run-release.ts";

/** What takes the release back together with what comes after it. */
export interface TakenBack {
  readonly group: string;
  /** Asks a machine whether its node does its work. */
  readonly probe: (machine: string) => Command;
}

/** A slow line: 50 MB at 2 Mbit/s. */
const UPLOAD_TIMEOUT_MS = 300_000;

/*
 * Unpacked under a name that nothing reads, written out, then renamed: a folder with a proper name is whole, also
 * after a loss of power.
 */
const UNPACK = `
umask 022
mkdir -p "$1"
rm -rf "$1/.incoming-$2"
mkdir "$1/.incoming-$2"
tar -xzf - --no-same-owner -C "$1/.incoming-$2"
test -z "\${3-}" || ln -s "../../runtimes/$3" "$1/.incoming-$2/runtime"
sync -f "$1/.incoming-$2"
mv -T "$1/.incoming-$2" "$1/$2"`;

/** Puts runtime and program on machines where they lack, beside what runs there. */
export function uploadPhase(release: Release, machines: readonly string[]): Phase {
  return phaseOf("upload the mail node's program", machines, (machine, state) =>
    uploads(release, machine, state),
  );
}

/**
 * Puts the release on machines: runtime and program where they lack, then the link `current`. Keeps the
 * release before it and removes older ones. Restarts nothing: files are checked with the new program first.
 *
 * @param back absent where nothing can run yet that would be gone back to
 */
export function releasePhase(release: Release, machines: readonly string[], back?: TakenBack): Phase {
  const phase = phaseOf("put the mail node's program", machines, (machine, state) => [
    ...uploads(release, machine, state),
    // Where another one runs still, a run died after it had made the link: also then there is something to go back to.
    [state.current, state.running ?? release.id].every((id) => id === release.id)
      ? []
      : [makeCurrentStep(release, machine, state, back)],
  ]);
  return back ? { ...phase, group: back.group } : phase;
}

function makeCurrentStep(release: Release, machine: string, state: MachineState, back?: TakenBack): Step {
  const earlier = state.running ?? state.current;
  return {
    title: `make ${release.id} the current release`,
    machine,
    commands: makeCurrent(release, machine, state),
    ...(back && earlier !== undefined && { undo: giveBack(earlier, back.probe(machine)) }),
  };
}

/** The release that is to run, from its next start on; and nothing is kept but it and the one before. */
export function makeCurrent(release: Release, machine: string, state: MachineState): readonly Command[] {
  return [switchTo(release.id), ...tidy(release, runtimeFor(release, machine, state), state)];
}

function phaseOf(
  title: string,
  machines: readonly string[],
  stepsOf: (machine: string, state: MachineState) => readonly (readonly Step[])[],
): Phase {
  return {
    title,
    machines,
    observe: () => lookAtMachine,
    decide: (answers) => {
      const plans = [...answers].map(([machine, answer]) => stepsOf(machine, stateOf(machine, answer)));
      const stages = [0, 1, 2].map((index) => plans.flatMap((plan) => plan[index] ?? []));
      return stages.filter((stage) => stage.length > 0);
    },
  };
}

/** For one machine: runtime, release. A place is empty where there is nothing to do. */
function uploads(release: Release, machine: string, state: MachineState): readonly (readonly Step[])[] {
  const runtime = runtimeFor(release, machine, state);
  const step = (title: string, commands: readonly Command[]): Step => ({ title, machine, commands });
  const upload = (folder: string, name: string, localFile: string, ...rest: string[]): Command =>
    act(script(UNPACK, [`${RELEASE.home}/${folder}`, name, ...rest]), {
      stdin: { localFile },
      timeoutMs: UPLOAD_TIMEOUT_MS,
    });
  return [
    state.runtimes.includes(runtime.name)
      ? []
      : [step(`put ${runtime.name}`, [upload("runtimes", runtime.name, runtime.archive)])],
    state.releases.has(release.id)
      ? []
      : [step(`put mbnode ${release.id}`, [upload("releases", release.id, release.archive, runtime.name)])],
  ];
}

/** Removes what neither the new release, nor the one before it, nor the running process needs. */
function tidy(release: Release, runtime: Runtime, state: MachineState): readonly Command[] {
  const keptReleases = new Set([release.id, state.current, state.running]);
  const keptRuntimes = new Set([
    runtime.name,
    ...[...state.releases].filter(([id]) => keptReleases.has(id)).map(([, name]) => name),
  ]);
  const paths = [
    ...[...state.releases.keys()]
      .filter((id) => !keptReleases.has(id))
      .map((id) => `${RELEASE.home}/releases/${id}`),
    ...state.runtimes
      .filter((name) => !keptRuntimes.has(name))
      .map((name) => `${RELEASE.home}/runtimes/${name}`),
  ];
  return paths.length === 0 ? [] : [act(["rm", "-rf", "--", ...paths])];
}

function runtimeFor(release: Release, machine: string, { architecture }: MachineState): Runtime {
  const runtime = release.runtimes[architecture];
  if (runtime) return runtime;
  throw new UserError(
    "RELEASE_RUNTIME",
    `machine ${machine} has an ${architecture} processor, and no Node runtime for it was prepared`,
    `run npm install --no-save --force node-linux-${architecture} in the package and try again`,
  );
}
