import { keyOf, type StepName } from "../../../../src/toolkit/runner/journal/run-record.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Step } from "../../../../src/toolkit/steps/step.ts";
import { type Arrival, ServedMachines } from "./served-machines.ts";
import { servedFixtureOf } from "./served-fixtures.ts";
import { effectOf, withoutRun } from "./step-index.ts";

/** What a runbook that was carried out to its end has come to. */
export interface CarriedOut {
  /** What is on the machines. */
  readonly state: Readonly<Record<string, readonly string[]>>;
  /** The steps that were begun, as nameOf names them, in order. */
  readonly steps: readonly string[];
  /** The steps in which a program was killed, in order. */
  readonly killed: readonly string[];
  /** The waits that broke off with another machine's, and that the next program found to be over. */
  readonly overMeanwhile: readonly string[];
}

/** A step's name, in which no two runs differ. */
const nameOf = (step: StepName): string => withoutRun(keyOf(step));

/**
 * Types a runbook against served machines. The program gets a SIGKILL in the first of these steps that it comes to; then
 * `mbctl resume` is typed, on another workstation each time, and killed in the next, until none of them is left and
 * the last one comes to its end. Throws where a program ends by itself with another exit code than 0.
 */
export async function carryOut(runbook: string, killedIn: Iterable<string> = []): Promise<CarriedOut> {
  await using machines = await ServedMachines.start(runbook, "model");
  const left = new Set(killedIn);
  const killed: string[] = [];
  const brokenOff = new Set<string>();
  for (;;) {
    const workstation = killed.length % 2 === 0 ? "desk" : "laptop";
    const typed = killed.length === 0 ? machines.typed : ["resume", "--yes"];
    const { pid, ended } = await machines.mbctl(workstation, ...typed);
    machines.after = (arrival, answer) => {
      if (!arrival.step || !left.has(nameOf(arrival.step))) return;
      if (!isInItsMiddle(machines.stepNamed(arrival.step), arrival, answer, killed.length)) return;
      process.kill(pid, "SIGKILL");
      machines.loseWhatIsOnItsWay();
      left.delete(nameOf(arrival.step));
      killed.push(nameOf(arrival.step));
      for (const wait of machines.waitsBeside(arrival.step)) brokenOff.add(nameOf(wait));
    };
    const { exitCode, said } = await ended;
    if (exitCode === 0) {
      const steps = [...machines.begun].map(withoutRun);
      return {
        state: machines.state,
        steps,
        killed,
        overMeanwhile: [...left].filter((one) => brokenOff.has(one)),
      };
    }
    if (exitCode !== undefined) throw new Error(`mbctl ${typed.join(" ")} ended with ${exitCode}:\n${said}`);
  }
}

/**
 * The same without a disturbance, by the engine alone, without a program or SSH; where the runbook keeps or reads files
 * on the workstation, which the model has no part in, by a program as well.
 */
export async function undisturbed(runbook: string): Promise<Pick<CarriedOut, "state" | "steps">> {
  const { hasFilesHere } = await servedFixtureOf(runbook);
  if (hasFilesHere) return carryOut(runbook);
  await using machines = await ServedMachines.start(runbook, "model");
  const steps = await machines.rehearse();
  return { state: machines.state, steps: steps.map(withoutRun) };
}

/**
 * Whether a program that dies now dies in the middle of the step: one of its changes is made, each time another of them,
 * and no answer came back. Where nothing is to be changed, when it was looked at.
 */
function isInItsMiddle(step: Step, { command, mutates }: Arrival, answer: Answer, nth: number): boolean {
  const changes = step.commands.filter((one) => one.mutates);
  if (changes.length === 0) return true;
  if (mutates) return effectOf(command) === effectOf(changes[nth % changes.length]!);
  return answer.code === 0 && step.unless !== undefined && effectOf(command) === effectOf(step.unless);
}
