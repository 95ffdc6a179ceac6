import { mbctl } from "./mbctl.ts";

/*
 * The entry that bin/mbctl.js hands over to. Whoever reads our output may stop to, as `| head` does: a run that
 * changes machines must not end in the middle of a step for it.
 */
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
process.exitCode = await mbctl(process.argv.slice(2));
