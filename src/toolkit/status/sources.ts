import * as z from "zod";
import { galeraEvidence, galeraEvidenceSchema } from "../services/galera/evidence.ts";
import { glusterEvidence, glusterEvidenceSchema } from "../services/glusterfs/evidence.ts";
import { haproxyEvidence, haproxyEvidenceSchema } from "../services/haproxy/evidence.ts";
import { mailNodeEvidence, mailNodeEvidenceSchema } from "../services/mailnode/evidence.ts";
import { redisEvidence, redisEvidenceSchema } from "../services/redis/evidence.ts";
import { sentinelEvidence, sentinelEvidenceSchema } from "../services/sentinel/evidence.ts";

/** The services that have more to say than whether they work, by their names. */
export const SOURCES = {
  glusterfs: glusterEvidence,
  galera: galeraEvidence,
  redis: redisEvidence,
  sentinel: sentinelEvidence,
  mailnode: mailNodeEvidence,
  haproxy: haproxyEvidence,
} as const;

/** What each of them says; absent where the service is not on the machine, or does not answer. */
export const evidenceSchema = z.strictObject({
  glusterfs: glusterEvidenceSchema.optional(),
  galera: galeraEvidenceSchema.optional(),
  redis: redisEvidenceSchema.optional(),
  sentinel: sentinelEvidenceSchema.optional(),
  mailnode: mailNodeEvidenceSchema.optional(),
  haproxy: haproxyEvidenceSchema.optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;
