import { execa } from "execa";
import type { Transport } from "../ssh/transport.ts";

/** Runs commands on this machine, under whatever machine's name: for checks that put nothing anywhere. */
export const localTransport: Transport = {
  async run(_machine, command, stdin) {
    const [program, ...args] = command.argv;
    const own = command.stdin;
    const fed =
      typeof own === "object"
        ? { inputFile: own.localFile }
        : { input: (stdin as string | undefined) ?? own ?? "" };
    const result = await execa(program!, args, {
      reject: false,
      stripFinalNewline: false,
      ...fed,
      ...(command.timeoutMs !== undefined && { timeout: command.timeoutMs }),
    });
    return {
      code: result.exitCode ?? 127,
      stdout: result.stdout ?? "",
      stderr: result.stderr || (result.exitCode === undefined ? (result.shortMessage ?? "") : ""),
    };
  },
  close: () => Promise.resolve(),
};
