import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { UserError } from "../../support/errors.ts";
import type { StreamedOutput } from "../disk/local-file.ts";
import type { Answer } from "../steps/command.ts";
import { channelRefused, lost, timedOut, where } from "./errors.ts";
import type { Address } from "./known-hosts.ts";
import { Output } from "./output.ts";
import { type SudoQuestion, SudoTalk } from "./sudo-talk.ts";

export interface Execution {
  readonly machine: string;
  readonly address: Address;
  readonly commandLine: string;
  readonly stdin: Readable | string | undefined;
  /** Takes the standard output, which is then no part of the answer. */
  readonly stdout?: StreamedOutput;
  /** Where the command line begins with a sudo that may ask for a password. */
  readonly sudo?: SudoQuestion;
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
    let timer: NodeJS.Timeout | undefined;
    const giveUp = (error: Error): void => {
      clearTimeout(timer);
      talk?.end();
      // OpenSSH passes the signal on from 7.9; without it the closed pipes end most programs. A sudo that asks would
      // count its end of input as a wrong password.
      channel.signal("KILL");
      channel.destroy();
      reject(error);
    };
    const within = (ms: number, fault: () => Error): void => {
      clearTimeout(timer);
      timer = setTimeout(() => giveUp(fault()), ms);
    };
    const begin = (): void => {
      within(execution.commandTimeoutMs, () => commandTimedOut(execution));
      feed(channel, execution.stdin, giveUp);
    };
    const collect = (output: Output, chunk: Buffer): void => {
      if (!output.add(chunk)) giveUp(tooMuchOutput(execution));
    };
    if (execution.stdout) execution.stdout.take(channel, giveUp);
    else channel.on("data", (chunk: Buffer) => collect(stdout, chunk));
    channel.stderr.on("data", (chunk: Buffer) => collect(stderr, talk ? talk.heard(chunk) : chunk));
    channel.on("exit", (exitCode: number | null, signal?: string) => {
      code = exitCode ?? codeOfSignal(signal);
    });
    channel.on("close", () => {
      clearTimeout(timer);
      const refusal = talk?.end();
      if (code === undefined) reject(lost(execution.machine, execution.address, "while a command ran"));
      else if (refusal) reject(refusal);
      else resolve({ code, stdout: stdout.text(), stderr: stderr.text() });
    });
    // A program may end without reading all of its input; its exit code tells whether that was right.
    channel.on("error", () => undefined);
    const talk =
      execution.sudo &&
      new SudoTalk(execution.sudo, {
        say: (text) => void channel.write(text),
        begin,
        giveUp,
        // A person who is asked for the password may take their time; sudo itself may not.
        listen: () =>
          within(execution.channelTimeoutMs, () => timedOut(execution.machine, execution.address)),
        wait: () => clearTimeout(timer),
      });
    if (!talk) begin();
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
