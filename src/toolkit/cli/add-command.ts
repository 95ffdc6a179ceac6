import type { Command } from "commander";
import type { Io } from "./io.ts";

/** Adds a command to the program. `end` takes its exit code where that is not 0. */
export type AddCommand = (program: Command, io: Io, end: (code: number) => void) => void;
