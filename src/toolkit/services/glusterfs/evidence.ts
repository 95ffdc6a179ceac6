import * as z from "zod";
import type { Answer } from "../../steps/command.ts";
import type { EvidenceOf } from "../evidence.ts";
import { sections } from "../sections.ts";
import { parsePeers } from "./peers.ts";
import { brickProbe } from "./probe.ts";

export const glusterEvidenceSchema = z.strictObject({
  /** The other machines of the pool by their main names, as this one knows them. */
  peers: z.array(z.strictObject({ names: z.array(z.string()), isConnected: z.boolean() })),
  /** Bricks by address; that of a machine that is away is absent. */
  bricks: z.array(z.strictObject({ address: z.string(), isOnline: z.boolean() })),
  /** Absent while a brick is not there: then there is always something to heal, and counting it takes long. */
  heal: z.strictObject({ pending: z.number(), splitBrain: z.number() }).optional(),
});
export type GlusterEvidence = z.infer<typeof glusterEvidenceSchema>;

/** The probe has seen all of it, and glusterd answers one question at a time: so it is the same question. */
export const glusterEvidence: EvidenceOf<GlusterEvidence> = { command: brickProbe, parse };

function parse({ stdout }: Answer): GlusterEvidence | undefined {
  const part = sections(stdout);
  const bricks = part("bricks")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([address, online]) => address && online);
  if (bricks.length === 0) return undefined;
  // Each brick counts for itself; what lacks on one is the same entry on the others.
  const most = (label: string) =>
    Math.max(
      0,
      ...[...part("heal").matchAll(new RegExp(`^${label}: (\\d+)`, "gm"))].map(([, n]) => Number(n)),
    );
  return {
    peers: parsePeers(part("peers")).map(({ names, connected }) => ({
      names: [...names],
      isConnected: connected,
    })),
    bricks: bricks.map(([address, online]) => ({ address: address!, isOnline: online === "1" })),
    ...(part("heal").trim() !== "" && {
      heal: {
        pending: most("Total Number of entries"),
        splitBrain: most("Number of entries in split-brain"),
      },
    }),
  };
}
