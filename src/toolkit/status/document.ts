import * as z from "zod";
import { clusterStatusSchema, type ClusterStatus } from "./cluster-status.ts";
import { findingSchema, isWhole, type Finding } from "./finding.ts";

/** What `mbctl status --json` prints. Keys are added, never renamed or taken out, while `format` stays. */
export const statusDocumentSchema = z.strictObject({
  format: z.literal(1),
  /** Whether the cluster is whole; the exit code says the same. */
  ok: z.boolean(),
  ...clusterStatusSchema.shape,
  /** The worst first. */
  findings: z.array(findingSchema),
});
export type StatusDocument = z.infer<typeof statusDocumentSchema>;

export function statusDocument(status: ClusterStatus, findings: readonly Finding[]): StatusDocument {
  return { format: 1, ok: isWhole(findings), ...status, findings: [...findings] };
}
