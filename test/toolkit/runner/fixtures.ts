import type { Env } from "../../../src/support/env.ts";
import type { Resolver } from "../../../src/support/placeholder.ts";
import { neverInterrupted } from "../../../src/toolkit/runner/interruption.ts";
import { localTransport } from "../../../src/toolkit/runner/local-transport.ts";
import { Recorder } from "../../../src/toolkit/runner/recorder.ts";
import { type Reporter, silentReporter } from "../../../src/toolkit/runner/reporter.ts";
import type { RunOptions } from "../../../src/toolkit/runner/run-phases.ts";
import { act, ask, script } from "../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../src/toolkit/steps/phase.ts";
import type { Stage, Step } from "../../../src/toolkit/steps/step.ts";

/** Time that passes only while somebody sleeps. */
export function sleepingClock(): Env {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    random: () => 0.5,
  };
}

export const SECRET = "Xq7vR2mK9pLw4tZb";

export const resolver: Resolver = { secret: () => SECRET, fact: (name) => `the ${name}` };

/** Runs in real shells on this machine, with a clock of its own, unless told otherwise. */
export function runOptions(changes: Partial<RunOptions> = {}): RunOptions & { readonly recorder: Recorder } {
  return {
    transport: localTransport,
    env: sleepingClock(),
    reporter: silentReporter,
    recorder: new Recorder(),
    dryRun: false,
    resolverOf: () => resolver,
    interruption: neverInterrupted,
    ...changes,
  };
}

export function step(machine: string, title: string, text: string, args: readonly string[] = []): Step {
  return { machine, title, commands: [act(script(text, args))] };
}

/** A phase that always does the same, whatever it sees. */
export function always(title: string, stages: readonly Stage[]): Phase {
  return { title, machines: ["node-1"], observe: () => ask(["true"]), decide: () => stages };
}

/** A reporter that keeps each call as a line, "stepStarted node-1 title". */
export function keepingReporter(lines: string[]): Reporter {
  const keep =
    (event: string) =>
    (about: unknown): void => {
      const text = typeof about === "string" ? about : `${(about as Step).machine} ${(about as Step).title}`;
      lines.push(`${event} ${text}`);
    };
  return Object.fromEntries(
    Object.keys(silentReporter).map((event) => [event, keep(event)]),
  ) as unknown as Reporter;
}
