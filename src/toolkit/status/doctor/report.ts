import pc from "picocolors";
import * as z from "zod";
import { findingSchema, type Finding } from "../finding.ts";

/** What `mbctl doctor --json` prints. Keys are added, never renamed or taken out, while `format` stays. */
export const doctorDocumentSchema = z.strictObject({
  format: z.literal(1),
  /** Whether nothing but notes was found; the exit code says the same. */
  ok: z.boolean(),
  cluster: z.string(),
  /** The one that was asked about; absent for all. */
  machine: z.string().optional(),
  /** Milliseconds since 1970. */
  at: z.number(),
  tookMs: z.number(),
  findings: z.array(findingSchema),
});
export type DoctorDocument = z.infer<typeof doctorDocumentSchema>;

/** What is wrong, why, what to type, and the lines that it rests on; the worst first. */
export function doctorText({ cluster, machine, ok, findings }: DoctorDocument): string {
  const about = machine === undefined ? cluster : `${machine} of ${cluster}`;
  const blocks = findings.map(findingText);
  if (ok) blocks.push(pc.green(`nothing is wrong with ${about}`));
  return blocks.join("\n\n");
}

function findingText({ severity, finding, cause, remedy, evidence }: Finding): string {
  const lines = [
    `${HEADS[severity]} ${finding}`,
    ...(cause === "" ? [] : [`  why:  ${cause}`]),
    ...(remedy === "" ? [] : [`  type: ${remedy}`]),
    ...evidence.map((line) => pc.dim(`  seen: ${line}`)),
  ];
  return lines.join("\n");
}

const HEADS = { critical: pc.red("critical"), warning: pc.yellow("warning"), note: pc.dim("note") };
