import { RELEASE } from "../../contract/release-layout.ts";
import { UserError } from "../../support/errors.ts";
import { ask, script, type Answer, type Command } from "../steps/command.ts";
import { architectureOf, type Architecture } from "./architecture.ts";

/** What a machine has of the mail node. */
export interface MachineState {
  readonly architecture: Architecture;
  /** The release that the link names; undefined when there is none. */
  readonly current: string | undefined;
  /** The release that the running process was started from; undefined when none runs. */
  readonly running: string | undefined;
  /** Complete releases, each with the runtime that it uses. */
  readonly releases: ReadonlyMap<string, string>;
  readonly runtimes: readonly string[];
}

/** The launcher of a release writes its name to the unit's runtime directory, which is gone when nothing runs. */
const LOOK = `
cd "$1" 2>/dev/null || { echo "processor $(uname -m)"; exit 0; }
echo "processor $(uname -m)"
test ! -L current || echo "current $(basename "$(readlink current)")"
for path in releases/*; do test ! -d "$path" || echo "release $(basename "$path") $(basename "$(readlink "$path/runtime")")"; done
for path in runtimes/*; do test ! -d "$path" || echo "runtime $(basename "$path")"; done
test ! -f "$2" || echo "running $(cat "$2")"`;

/** Reads a machine's state; stateOf reads the answer. */
export const lookAtMachine: Command = ask(script(LOOK, [RELEASE.home, RELEASE.running]));

/** Throws RELEASE_UNREADABLE when the machine could not say, and RELEASE_ARCHITECTURE. */
export function stateOf(machine: string, answer: Answer): MachineState {
  if (answer.code !== 0) {
    throw new UserError(
      "RELEASE_UNREADABLE",
      `machine ${machine} cannot say which mail node it has (${(answer.stderr || answer.stdout).trim()})`,
      `look at ${RELEASE.home} there`,
    );
  }
  const lines = answer.stdout.split("\n").map((line) => line.split(" "));
  const first = (key: string): string | undefined => lines.find(([name]) => name === key)?.[1];
  return {
    architecture: architectureOf(machine, first("processor") ?? ""),
    current: first("current"),
    running: first("running"),
    releases: new Map(
      lines.filter(([name]) => name === "release").map(([, id, runtime]) => [id!, runtime ?? ""]),
    ),
    runtimes: lines.filter(([name]) => name === "runtime").map(([, name]) => name!),
  };
}
