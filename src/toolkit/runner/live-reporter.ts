import { Listr, type DefaultRenderer, type ListrTaskWrapper, type SimpleRenderer } from "listr2";
import type { Reporter } from "./reporter.ts";
import type { Step } from "../steps/step.ts";

/** A reporter for a terminal; `flush` resolves when all that was told is on it. */
export interface LiveReporter extends Reporter {
  flush(): Promise<void>;
}

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** What runs now, below the title of its phase, and how long each step took. */
interface Part {
  readonly lines: string[];
  task: Task | undefined;
  end: (failure?: Error) => void;
}

/**
 * Draws each phase as a line that is alive while it runs, with the machines that work on it below. What comes at the end
 * of a run is told by `lines`, the reporter for plain text.
 */
export function liveReporter(lines: Reporter): LiveReporter {
  let drawn: Promise<unknown> = Promise.resolve();
  let part: Part | undefined;
  let failed: Step | undefined;
  const after = (tell: () => void): void => void (drawn = drawn.then(tell));
  const begin = (title: string): void => {
    const own: Part = { lines: [], task: undefined, end: () => undefined };
    const ended = new Promise<void>((resolve, reject) => {
      own.end = (failure) => (failure ? reject(failure) : resolve());
    });
    // It may fail before anybody waits for it.
    ended.catch(() => undefined);
    part = own;
    drawn = drawn.then(() =>
      draw(title, async (task) => {
        own.task = task;
        show(own);
        await ended;
      }),
    );
  };
  const show = (own: Part): void => {
    if (own.task) own.task.output = own.lines.join("\n");
  };
  const line = (step: Step, text: string): void => {
    if (!part) return;
    const known = part.lines.findIndex((row) => row.startsWith(`${step.machine}  ${step.title}`));
    const row = `${step.machine}  ${step.title}${text}`;
    if (known >= 0) part.lines[known] = row;
    else part.lines.push(row);
    show(part);
  };
  const close = (failure?: Error): void => {
    part?.end(failure);
    part = undefined;
  };
  return {
    ...lines,
    phaseStarted: (title) => {
      close();
      begin(title);
    },
    stepStarted: (step) => line(step, " ..."),
    stepFinished: (step, ms) => line(step, `  ${(ms / 1000).toFixed(1)} s`),
    stepSkipped: (step) => line(step, ": done already"),
    stepFailed: (step) => {
      failed = step;
      line(step, ": failed");
      close(new Error(`${failed.machine}: ${failed.title}`));
    },
    phaseFinished: () => close(),
    undoStarted: (group, reason) => {
      close();
      after(() => lines.undoStarted(group, reason));
    },
    stepUndone: (step) => after(() => lines.stepUndone(step)),
    runFinished: (steps, ms, dryRun) => {
      close();
      after(() => lines.runFinished(steps, ms, dryRun));
    },
    flush: async () => {
      close();
      await drawn;
    },
  };
}

/** A phase that failed is drawn as such; why it did is told by the command itself. */
async function draw(title: string, task: (task: Task) => Promise<void>): Promise<void> {
  const list = new Listr(
    [
      {
        title,
        task: (_context, wrapper: Task) => task(wrapper),
        rendererOptions: { persistentOutput: true, outputBar: Infinity },
      },
    ],
    {
      registerSignalListeners: false,
    },
  );
  await list.run().catch(() => undefined);
}
