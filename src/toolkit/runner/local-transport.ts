import { PassThrough } from "node:stream";
import { execa } from "execa";
import { keptBy, readStreamed, writeStreamed } from "../disk/local-file.ts";
import type { Transport } from "../ssh/transport.ts";

/** Runs commands on this machine, under whatever machine's name: for checks that put nothing anywhere. */
export const localTransport: Transport = {
  async run(_machine, command, stdin) {
    const [program, ...args] = command.argv;
    const own = stdin ?? command.stdin;
    const input = typeof own === "object" && "localFile" in own ? await readStreamed(own) : (own ?? "");
    const output = command.stdout && (await writeStreamed(command.stdout));
    return keptBy(output, async () => {
      const running = execa(program!, args, {
        reject: false,
        stripFinalNewline: false,
        input,
        ...(output && { buffer: { stdout: false } }),
        ...(command.timeoutMs !== undefined && { timeout: command.timeoutMs }),
      });
      output?.take(running.stdout.pipe(new PassThrough()), () => running.kill());
      const result = await running;
      return {
        code: result.exitCode ?? 127,
        stdout: result.stdout ?? "",
        stderr: result.stderr || (result.exitCode === undefined ? (result.shortMessage ?? "") : ""),
      };
    });
  },
  close: () => Promise.resolve(),
};
