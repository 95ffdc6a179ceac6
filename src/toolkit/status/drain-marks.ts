import * as z from "zod";
import { DRAIN_MARKS, drainMarkSchema, parseDrainMark } from "../../contract/drain-mark.ts";
import { ask, script, type Answer, type Command } from "../steps/command.ts";

/** The drain marks of one machine. */
export const marksSchema = z.strictObject({
  /** It is drained itself. */
  own: drainMarkSchema.optional(),
  /** It may not hold the VIP. */
  givesUpVip: z.boolean(),
  /** Of a balancer: the machines that it sends nothing to, by the names of the files. */
  ofOthers: z.record(z.string(), drainMarkSchema),
});
export type Marks = z.infer<typeof marksSchema>;

/** Prints each mark that there is on a line: kind, name, text. */
export const marksCommand: Command = ask(
  script(
    `
mark() { if [ -f "$3" ]; then printf '%s %s %s\\n' "$1" "$2" "$(head -c 4096 "$3" | tr '\\n' ' ')"; fi; }
mark own - "$1"
mark vip - "$2"
for file in "$3"/*; do mark other "\${file##*/}" "$file"; done`,
    [DRAIN_MARKS.drained, DRAIN_MARKS.vip, DRAIN_MARKS.balancer],
  ),
);

export function parseMarks({ stdout }: Answer): Marks {
  const lines = [...stdout.matchAll(/^(own|vip|other) (\S+) (.*)$/gm)];
  const own = lines.find(([, kind]) => kind === "own");
  return {
    ...(own && { own: parseDrainMark(own[3]!) }),
    givesUpVip: lines.some(([, kind]) => kind === "vip"),
    ofOthers: Object.fromEntries(
      lines.filter(([, kind]) => kind === "other").map(([, , name, text]) => [name!, parseDrainMark(text!)]),
    ),
  };
}
