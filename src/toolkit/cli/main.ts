import { beforeDashes, mbctl } from "./mbctl.ts";

/*
 * The entry that bin/mbctl.js hands over to. Whoever reads our output may stop to, as `| head` does (EPIPE), or close the
 * terminal (EIO): a run that changes machines must not end in the middle of a step for it.
 */
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}
// Whoever colours asks the environment once, when it is read: that is after this.
if (beforeDashes(process.argv.slice(2)).includes("--no-color")) process.env["NO_COLOR"] = "1";
process.exitCode = await mbctl(process.argv.slice(2));
