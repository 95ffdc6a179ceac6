import type { Command } from "commander";
import { UserError } from "../../../support/errors.ts";
import { openTarget, type TargetOptions } from "../../project/target.ts";
import type { Transport } from "../../ssh/transport.ts";
import { act, type Answer } from "../../steps/command.ts";
import { assertMachines } from "../../topology/known-machine.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption, targetOptions } from "../options.ts";
import { readSeconds } from "../seconds.ts";
import { openTransport } from "../transport.ts";

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly timeout?: string;
}

type Outcome =
  ({ readonly machine: string } & Answer) | { readonly machine: string; readonly fault: UserError };

export function addExec(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("exec [machine...]")
    .description(
      "run a program as root on all machines at once, or on those named; needs no lock, also while another run works",
    )
    .option("--timeout <seconds>", "the longest that it may take on a machine (default: 600)");
  example(
    jsonOption(targetOptions(command)),
    "mbctl exec -- uptime",
    "mbctl exec node-1 node-2 -- journalctl -u haproxy -n 20",
    "(what follows -- is the program and its arguments)",
  ).action(async (words: readonly string[], options: Options, typed: Command) =>
    end(await exec(words, options, io, typed)),
  );
}

async function exec(words: readonly string[], options: Options, io: Io, typed: Command): Promise<number> {
  const { names, argv } = split(words, typed);
  const timeoutMs = options.timeout === undefined ? undefined : readSeconds("--timeout", options.timeout);
  const target = await openTarget(options, io.environment);
  const known = target.topology.machines.map(({ name }) => name);
  assertMachines(names, known, target.topology.cluster);
  const chosen = names.length === 0 ? known : known.filter((name) => names.includes(name));
  const transport = openTransport(target, io);
  try {
    const width = Math.max(...chosen.map((name) => name.length));
    const show = options.json ? () => undefined : inOrder(chosen, (outcome) => print(outcome, width, io));
    const outcomes = await Promise.all(
      chosen.map(async (machine) => {
        const outcome = await runOn(transport, machine, argv, timeoutMs);
        show(outcome);
        return outcome;
      }),
    );
    const isDone = outcomes.every((outcome) => "code" in outcome && outcome.code === 0);
    if (options.json) io.out(JSON.stringify({ ok: isDone, machines: outcomes.map(asJson) }));
    const [only, ...others] = outcomes;
    if (others.length === 0 && only && "code" in only) return only.code;
    return isDone ? EXIT.done : EXIT.failed;
  } finally {
    await transport.close();
  }
}

/** Names before the first "--", program and arguments after it. Throws EXEC_NO_COMMAND where there is none. */
function split(
  words: readonly string[],
  typed: Command,
): { readonly names: readonly string[]; readonly argv: readonly string[] } {
  // commander joins what stands on both sides of "--"; what was typed is on the program itself.
  const { rawArgs } = typed.parent as unknown as { readonly rawArgs: readonly string[] };
  const argv = rawArgs.includes("--") ? rawArgs.slice(rawArgs.indexOf("--") + 1) : [];
  if (argv.length > 0) return { names: words.slice(0, words.length - argv.length), argv };
  throw new UserError(
    "EXEC_NO_COMMAND",
    "there is no program to run",
    "write it after --, such as: mbctl exec -- uptime",
  );
}

async function runOn(
  transport: Transport,
  machine: string,
  argv: readonly string[],
  timeoutMs: number | undefined,
): Promise<Outcome> {
  try {
    const command = act(argv, { ...(timeoutMs !== undefined && { timeoutMs }) });
    return { machine, ...(await transport.run(machine, command)) };
  } catch (error) {
    // One machine that is off does not hide what the others say.
    if (error instanceof UserError) return { machine, fault: error };
    throw error;
  }
}

/** Passes outcomes on in the order of the machines, each as soon as those before it are there. */
function inOrder(machines: readonly string[], pass: (outcome: Outcome) => void): (outcome: Outcome) => void {
  const arrived = new Map<string, Outcome>();
  let next = 0;
  return (outcome) => {
    arrived.set(outcome.machine, outcome);
    for (let ready = arrived.get(machines[next]!); ready; ready = arrived.get(machines[++next]!)) pass(ready);
  };
}

function print(outcome: Outcome, width: number, io: Io): void {
  const prefix = `${outcome.machine.padEnd(width)}  `;
  const lines = (text: string): readonly string[] =>
    text === ""
      ? []
      : text
          .replace(/\n$/, "")
          .split("\n")
          .map((line) => prefix + line);
  if ("fault" in outcome) {
    const { message, remedy, code } = outcome.fault;
    return io.err(`${prefix}${message}\n${prefix}  -> ${remedy} [${code}]`);
  }
  for (const line of lines(outcome.stdout)) io.out(line);
  for (const line of lines(outcome.stderr)) io.err(line);
  if (outcome.code !== 0) io.err(`${prefix}ended with exit code ${outcome.code}`);
}

function asJson(outcome: Outcome): object {
  if (!("fault" in outcome)) return outcome;
  const { code, message, remedy } = outcome.fault;
  return { machine: outcome.machine, fault: { code, message, remedy } };
}
