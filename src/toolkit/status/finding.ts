import * as z from "zod";

export const findingSchema = z.strictObject({
  /** Stable, for scripts: "vip-split". */
  rule: z.string(),
  /** "critical": clients notice, or data is in danger; "warning": one more fault and they do; "note": nothing is wrong. */
  severity: z.enum(["critical", "warning", "note"]),
  /** Whom it concerns; empty for the cluster as a whole. */
  machines: z.array(z.string()),
  /** One sentence. */
  finding: z.string(),
  /** Why, where the evidence tells; "" otherwise. */
  cause: z.string(),
  /** What to type or to do; "" where there is nothing to be done. */
  remedy: z.string(),
  /** The lines that it rests on. */
  evidence: z.array(z.string()),
});

/** What is wrong, why, and what to type. */
export type Finding = z.infer<typeof findingSchema>;

type Parts = Pick<Finding, "rule" | "finding" | "remedy"> & Partial<Finding>;

export function critical(parts: Parts): Finding {
  return { ...EMPTY, ...parts, severity: "critical" };
}

export function warning(parts: Parts): Finding {
  return { ...EMPTY, ...parts, severity: "warning" };
}

export function note(parts: Parts): Finding {
  return { ...EMPTY, ...parts, severity: "note" };
}

const EMPTY = { machines: [], cause: "", evidence: [] };

/** Whether nothing keeps the cluster from being whole. */
export function isWhole(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity === "note");
}
