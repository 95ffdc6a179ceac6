import * as z from "zod";
import { PORTS } from "../../../contract/ports.ts";
import { ask, script, type Answer } from "../../steps/command.ts";
import type { EvidenceOf } from "../evidence.ts";
import { PRESENT_PASSWORD } from "../redis/names.ts";
import { sections } from "../sections.ts";
import { SENTINEL_CONFIG_PATH } from "./names.ts";

export const sentinelEvidenceSchema = z.strictObject({
  id: z.string(),
  /** Whom it names as the master; absent when it watches none of that name. */
  master: z.string().optional(),
  /** What it thinks of that master, "master" or "master,s_down,o_down". */
  flags: z.string(),
  replicas: z.number(),
  otherSentinels: z.number(),
  quorum: z.number(),
  /** Whether it reaches enough others to fail over (SENTINEL CKQUORUM), and what it says of that. */
  hasQuorum: z.boolean(),
  said: z.string(),
});
export type SentinelEvidence = z.infer<typeof sentinelEvidenceSchema>;

export const sentinelEvidence: EvidenceOf<SentinelEvidence> = {
  command: (topology, machine) =>
    ask(
      script(LOOK, [
        SENTINEL_CONFIG_PATH,
        topology.cache.masterName,
        String(PORTS.sentinel),
        machine.address,
      ]),
    ),
  parse,
};

const LOOK = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$1")
export REDISCLI_AUTH
name=$2 port=$3 host=$4
sentinel() { timeout 3 redis-cli -h "$host" -p "$port" SENTINEL "$@" 2>&1 || true; }
echo @id; sentinel MYID
echo @address; sentinel GET-MASTER-ADDR-BY-NAME "$name"
echo @master; sentinel MASTER "$name"
echo @quorum; sentinel CKQUORUM "$name"`;

function parse({ stdout }: Answer): SentinelEvidence | undefined {
  const part = sections(stdout);
  const id = part("id").trim();
  if (!/^[0-9a-f]{40}$/.test(id)) return undefined;
  // redis-cli prints a map as lines that are in turn a name and its value.
  const words = part("master").split("\n");
  const field = (name: string) => {
    const at = words.findIndex((word, index) => index % 2 === 0 && word === name);
    return at < 0 ? "" : (words[at + 1] ?? "");
  };
  const master = part("address").split("\n")[0]!.trim();
  const said = part("quorum").trim();
  return {
    id,
    ...(master !== "" && !master.startsWith("ERR") && { master }),
    flags: field("flags"),
    replicas: Number(field("num-slaves")),
    otherSentinels: Number(field("num-other-sentinels")),
    quorum: Number(field("quorum")),
    hasQuorum: said.startsWith("OK "),
    said,
  };
}
