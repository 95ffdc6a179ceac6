import type { Command } from "commander";
import type { Io } from "../io.ts";
import { addApply } from "./apply.ts";
import { addLab } from "./lab.ts";
import { addStatus } from "./status.ts";
import { addSynth } from "./synth.ts";
import { addTrust } from "./trust.ts";
import { addValidate } from "./validate.ts";

/** Adds a command to the program. `end` takes its exit code where that is not 0. */
export type AddCommand = (program: Command, io: Io, end: (code: number) => void) => void;

/** In the order of help. */
export const commands: readonly AddCommand[] = [addSynth, addValidate, addLab, addTrust, addApply, addStatus];
