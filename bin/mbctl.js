#!/usr/bin/env node
import * as module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { handOver } from "./runtime.js";

/*
 * What Node makes of our code is kept for the next time: reading it anew takes as long as asking twenty machines. Not
 * in /tmp, where others could put something else in its place. Older runtimes have none, and some homes cannot be
 * written: then all is as before.
 */
module.enableCompileCache?.(
  process.env.NODE_COMPILE_CACHE ??
    join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mailbastion", "compiled"),
);

await handOver("toolkit/cli/main");
