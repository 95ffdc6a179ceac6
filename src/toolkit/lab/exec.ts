import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import type { Answer } from "../steps/command.ts";

/**
 * Runs a program in a container as root, past its network, and returns how it ended.
 *
 * Throws the engine's error when the container does not run, and an AbortError when it takes longer than `timeoutMs`.
 */
export async function execIn(
  docker: Docker,
  container: string,
  argv: readonly string[],
  timeoutMs = 60_000,
): Promise<Answer> {
  const abortSignal = AbortSignal.timeout(timeoutMs);
  const exec = await docker.getContainer(container).exec({
    Cmd: [...argv],
    AttachStdout: true,
    AttachStderr: true,
    abortSignal,
  });
  const stream = await exec.start({ abortSignal });
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  docker.modem.demuxStream(stream, stdout, stderr);
  const ended = new Promise<void>((resolve, reject) => {
    stream.once("end", resolve).once("close", resolve).once("error", reject);
    abortSignal.addEventListener("abort", () => {
      stream.destroy();
      reject(abortSignal.reason as Error);
    });
  });
  const output = Promise.all([text(stdout), text(stderr)]);
  try {
    await ended;
  } finally {
    stdout.end();
    stderr.end();
  }
  const [out, err] = await output;
  const { ExitCode } = await exec.inspect();
  return { code: ExitCode ?? -1, stdout: out, stderr: err };
}
