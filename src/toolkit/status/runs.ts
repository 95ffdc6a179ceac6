import * as z from "zod";

/** What one machine knows of the work that mbctl does on the cluster. */
export const runsSchema = z.strictObject({
  /** Who holds the cluster's lock here. */
  lock: z
    .strictObject({
      run: z.string(),
      command: z.string(),
      /** "user@host" */
      by: z.string(),
      isManual: z.boolean(),
      /** Not renewed for so long that its holder is held for dead. */
      isStale: z.boolean(),
      ageSeconds: z.number(),
      message: z.string(),
    })
    .optional(),
  /** Runs that were begun and neither finished nor taken back. */
  unfinished: z.array(z.strictObject({ run: z.string(), command: z.string(), by: z.string() })),
  /** The last runs that have ended as far as this machine knows: another one may have missed that. */
  ended: z.array(z.string()),
});
export type Runs = z.infer<typeof runsSchema>;
