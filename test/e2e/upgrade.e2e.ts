import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { RELEASE } from "../../src/contract/release-layout.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { NEXT_HOP_PORT } from "../../src/toolkit/lab/up.ts";
import { acquireCluster } from "./acquire-cluster.ts";
import { noEngine } from "./acquire-lab.ts";
import { isLater, offerLater, offerNoLonger } from "./later-packages.ts";
import type { HostsProject } from "./project.ts";
import { shellOn } from "./shell-on.ts";
import { underMail } from "./under-mail.ts";

/*
 * A running cluster gets another release of the mail node and other packages, under mail. The cluster is the one whose
 * life cluster.e2e.ts tells, or is made here when this file runs alone.
 */

const NODES = ["node-1", "node-2", "node-3"] as const;
const BALANCERS = ["node-1", "node-2"] as const;
const MINUTE = 60_000;
const EARLIER = "0.0.1-earlier";
/** The program that runs, under the name of an earlier release. */
const PRETEND = `
cd "$1"
cp -a "$(readlink -f current)" "releases/$2"
ln -sfn "releases/$2" current
systemctl restart "$3"`;

(noEngine() === undefined ? describe : describe.skip)("a running cluster that is upgraded", () => {
  let lab: Lab;
  let project: HostsProject;
  let nextHop: NextHop;

  const sh = (machine: string, script: string, ...args: readonly string[]) =>
    shellOn(lab, machine, script, ...args);
  const succeeds = (...args: readonly string[]) => project.succeeds(...args);
  const running = () => Promise.all(NODES.map((node) => sh(node, `cat ${RELEASE.running}`)));

  beforeAll(async () => {
    ({ lab, project } = await acquireCluster());
    nextHop = await NextHop.start(lab.state.gateway, NEXT_HOP_PORT);
  }, 10 * MINUTE);
  afterAll(async () => {
    await nextHop?.stop();
    project?.deploy[Symbol.dispose]();
  });

  it(
    "runs the newer release of the mail node on every machine, and loses no message",
    async () => {
      const [newer] = await running();
      for (const node of NODES) {
        await sh(node, PRETEND, RELEASE.home, EARLIER, RELEASE.unit);
        await project.becomesWhole();
      }
      expect(await running()).toEqual([EARLIER, EARLIER, EARLIER]);
      await underMail(lab, nextHop, () => succeeds("upgrade"));
      expect(await running()).toEqual([newer, newer, newer]);
      // The release before stays, to go back to.
      expect(await sh("node-1", `ls ${RELEASE.home}/releases`)).toBe(`${EARLIER}\n${newer}`);
      await project.becomesWhole(MINUTE);
      expect(await succeeds("upgrade")).toContain("nothing to do");
    },
    6 * MINUTE,
  );

  it(
    "has a later package on both balancers, held again, and loses no message",
    async () => {
      try {
        for (const node of BALANCERS) await offerLater(lab, node, ["keepalived"]);
        await offerLater(lab, "node-3", []);
        await underMail(lab, nextHop, () => succeeds("upgrade", "--packages"));
      } finally {
        for (const node of NODES) await offerNoLonger(lab, node);
      }
      for (const node of BALANCERS) {
        expect(await isLater(lab, node, "keepalived")).toBe(true);
        expect(await sh(node, "apt-mark showhold")).toMatch(/^keepalived$/m);
        expect(await sh(node, "systemctl is-active keepalived")).toBe("active");
      }
      await project.becomesWhole(MINUTE);
    },
    8 * MINUTE,
  );
});
