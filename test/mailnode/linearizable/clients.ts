import { setTimeout as wait } from "node:timers/promises";
import { isLinearizable } from "./checker.ts";
import type { Input, Output, Recorder } from "./history.ts";

/** What may be asked of a register that knows no appending. */
export type RegisterInput = Exclude<Input, { readonly kind: "append" }>;

/** What a client of a register may ask a member; rejects when it is unclear or certain that nothing was done. */
export interface Subject {
  /** Undefined when the operation certainly had no effect. */
  operate(key: string, input: RegisterInput): Promise<Output | undefined>;
  /** Waits while there is nobody to talk to; `isOver` says that nobody will. */
  ready(isOver: () => boolean): Promise<void>;
}

export interface ClientsOptions {
  readonly subjects: readonly Subject[];
  readonly keys: readonly string[];
  /** How long a client thinks between two operations, about. */
  readonly pauseMs: number;
}

export interface Clients {
  /** Ends them; gives back how many operations were answered. */
  end(): Promise<number>;
}

/** One client at each subject, each with one operation at a time: reads, writes and compare-and-sets of few keys. */
export function startClients({ subjects, keys, pauseMs }: ClientsOptions): Clients {
  let isOver = false;
  let answers = 0;
  let values = 0;
  const seen = new Map<string, string | undefined>();
  const client = async (subject: Subject): Promise<void> => {
    while (!isOver) {
      const key = keys[Math.floor(Math.random() * keys.length)]!;
      const dice = Math.random();
      const value = `v${values++}`;
      const input: RegisterInput =
        dice < 0.4
          ? { kind: "read" }
          : dice < 0.8
            ? { kind: "write", value }
            : { kind: "compareAndSet", from: seen.get(key), to: value };
      const output = await subject.operate(key, input);
      if (output?.kind === "value") seen.set(key, output.value);
      if (output !== undefined && output.kind !== "unknown") answers++;
      await subject.ready(() => isOver);
      await wait(pauseMs * (0.5 + Math.random()));
    }
  };
  const running = subjects.map(client);
  return {
    end: async () => {
      isOver = true;
      await Promise.all(running);
      return answers;
    },
  };
}

/** The keys whose history has no explanation: none, when all went well. */
export function inexplicable({ histories }: Recorder): readonly string[] {
  return [...histories].filter(([, history]) => !isLinearizable(history)).map(([key]) => key);
}
