import { mbctl } from "./mbctl.ts";

/** The entry that bin/mbctl.js hands over to. */
process.exitCode = await mbctl(process.argv.slice(2));
