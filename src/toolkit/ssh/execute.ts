import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { UserError } from "../../support/errors.ts";
import type { Answer } from "../steps/command.ts";
import { channelRefused, lost, timedOut, where } from "./errors.ts";
import type { Address } from "./known-hosts.ts";
import { Output } from "./output.ts";

export interface Execution {
  readonly machine: string;
  readonly address: Address;
  readonly commandLine: string;
  readonly stdin: Readable | string | undefined;
  readonly channelTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly maxOutputBytes: number;
}

/** Runs one command line on a channel of its own. Its answer is whole, or there is an error instead. */
export function execute(client: Client, execution: Execution): Promise<Answer> {
  const { machine, address } = execution;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // The server may yet open it: nobody would read from that channel, so the connection goes.
      client.destroy();
      reject(timedOut(machine, address));
    }, execution.channelTimeoutMs);
    const opened = (error: Error | undefined, channel?: ClientChannel): void => {
      clearTimeout(timer);
      // At once, not a turn of the event loop later: the whole answer of a short command may follow in the same packet.
      if (channel) converse(channel, execution).then(resolve, reject);
      else if (error && "reason" in error) reject(channelRefused(machine, address, error));
      else reject(lost(machine, address, "before a command could run", error));
    };
    try {
      client.exec(execution.commandLine, opened);
    } catch (error) {
      opened(error as Error);
    }
  });
}

function converse(channel: ClientChannel, execution: Execution): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stdout = new Output(execution.maxOutputBytes);
    const stderr = new Output(execution.maxOutputBytes);
    let code: number | undefined;
    const giveUp = (error: Error): void => {
      clearTimeout(timer);
      // OpenSSH passes the signal on from 7.9; without it the closed pipes end most programs.
      channel.signal("KILL");
      channel.destroy();
      reject(error);
    };
    const timer = setTimeout(() => giveUp(commandTimedOut(execution)), execution.commandTimeoutMs);
    const collect = (output: Output, chunk: Buffer): void => {
      if (!output.add(chunk)) giveUp(tooMuchOutput(execution));
    };
    channel.on("data", (chunk: Buffer) => collect(stdout, chunk));
    channel.stderr.on("data", (chunk: Buffer) => collect(stderr, chunk));
    channel.on("exit", (exitCode: number | null, signal?: string) => {
      code = exitCode ?? codeOfSignal(signal);
    });
    channel.on("close", () => {
      clearTimeout(timer);
      if (code === undefined) reject(lost(execution.machine, execution.address, "while a command ran"));
      else resolve({ code, stdout: stdout.text(), stderr: stderr.text() });
    });
    // A program may end without reading all of its input; its exit code tells whether that was right.
    channel.on("error", () => undefined);
    feed(channel, execution.stdin, giveUp);
  });
}

/** Sends the input with the channel's own back-pressure, so that a large file never lies in memory. */
function feed(
  channel: ClientChannel,
  stdin: Readable | string | undefined,
  giveUp: (error: Error) => void,
): void {
  if (stdin === undefined || typeof stdin === "string") {
    channel.end(stdin);
    return;
  }
  stdin.on("error", giveUp);
  channel.on("close", () => stdin.destroy());
  stdin.pipe(channel);
}

function commandTimedOut(execution: Execution): UserError {
  return new UserError(
    "SSH_COMMAND_TIMEOUT",
    `a command on ${where(execution.machine, execution.address)} took longer than ${execution.commandTimeoutMs / 1000} s and was given up`,
    "look on the machine whether it still runs, then run the command again",
  );
}

function tooMuchOutput(execution: Execution): UserError {
  return new UserError(
    "SSH_OUTPUT_TOO_LARGE",
    `a command on ${where(execution.machine, execution.address)} printed more than ${execution.maxOutputBytes} bytes and was stopped`,
    "look on the machine at what prints without an end",
  );
}

/** As a shell reports it: 128 and the signal's number. */
function codeOfSignal(name: string | undefined): number {
  const signals: Readonly<Record<string, number>> = constants.signals;
  return 128 + (signals[`SIG${name?.replace(/^SIG/, "")}`] ?? 0);
}
