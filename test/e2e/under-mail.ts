import { expect } from "@jest/globals";
import { PORTS } from "../../src/contract/ports.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { ledgerOf } from "../../src/toolkit/lab/mail/ledger.ts";
import type { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { sendMails } from "../../src/toolkit/lab/mail/sender.ts";

const MINUTE = 60_000;

/** Runs the work while mail comes in; every message that was answered must arrive, and none may be refused. */
export async function underMail(lab: Lab, nextHop: NextHop, work: () => Promise<unknown>): Promise<void> {
  // The next hop may have had mail before: another load's messages have other ids.
  const begin = performance.now();
  const answered: string[] = [];
  let isOver = false;
  const load = async (): Promise<void> => {
    for (let turn = 0; !isOver; turn++) {
      const sent = await sendMails({
        host: lab.state.topology.network.vip,
        port: PORTS.smtp,
        prefix: `load-${begin}-${turn}`,
        count: 5,
        to: "someone@example.com",
        connections: 1,
        patienceMs: MINUTE,
      });
      expect(sent.refused).toEqual(new Map());
      answered.push(...sent.answered);
    }
  };
  const [worked, loaded] = await Promise.allSettled([work().finally(() => (isOver = true)), load()]);
  // What the work died of is what the load may have died of.
  for (const one of [worked, loaded]) if (one.status === "rejected") throw one.reason;
  await nextHop.waitFor(answered, 3 * MINUTE);
  const own = new Set(answered);
  const arrived = nextHop.arrivals.map(({ id }) => id).filter((id) => own.has(id));
  expect(answered.length).toBeGreaterThan(0);
  expect(ledgerOf(answered, arrived)).toMatchObject({ missing: [], unanswered: [] });
}
