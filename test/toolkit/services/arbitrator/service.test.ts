import { describe, expect, it } from "@jest/globals";
import { arbitrator } from "../../../../src/toolkit/services/arbitrator/service.ts";
import { galera } from "../../../../src/toolkit/services/galera/service.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { rendered } from "../rendered.ts";
import { printing, runWith } from "../shell.ts";

const witness = machineNamed(twoAndAWitness, "node-3");
const member = machineNamed(twoAndAWitness, "node-1");
const settings = rendered(arbitrator, twoAndAWitness, "node-3", "/etc/default/garb");

describe("the arbitrator", () => {
  it("runs on the witness alone, and nowhere where the database has an odd number of machines", () => {
    expect(twoAndAWitness.machines.filter((one) => arbitrator.runsOn(twoAndAWitness, one))).toEqual([
      witness,
    ]);
    expect(threeMachines.machines.some((one) => arbitrator.runsOn(threeMachines, one))).toBe(false);
  });

  it("names the members that hold data, and none that does not", () => {
    expect(settings).toContain('GALERA_NODES="192.168.1.101:4567,192.168.1.102:4567"');
    expect(settings).toContain('GALERA_GROUP="acme"');
  });

  it("judges a silent member by the very times that the members do", () => {
    const config = rendered(galera, twoAndAWitness, "node-1", "/60-mailbastion.cnf");
    const times = (text: string) => [...text.matchAll(/(?:evs|pc)\.[a-z_]+=[^;"]+/g)].map(([found]) => found);
    expect(times(settings)).toEqual(times(config));
    expect(times(settings)).toHaveLength(6);
  });

  it("is one of those that a member looks for, and is let in by its firewall", () => {
    const config = rendered(galera, twoAndAWitness, "node-1", "/60-mailbastion.cnf");
    expect(config).toContain("gcomm://192.168.1.101,192.168.1.102,192.168.1.103");
    const group = galera.listens(twoAndAWitness, member).find(({ port }) => port === 4567);
    expect(group?.from).toEqual(["database", "witness"]);
    expect(arbitrator.listens(twoAndAWitness, witness)).toMatchObject([{ port: 4567, from: ["database"] }]);
  });

  it("is asked for nothing that it has not: it holds no data that could be copied to it", () => {
    const ports = galera.listens(twoAndAWitness, member).filter(({ from }) => from.includes("witness"));
    expect(ports.map(({ port }) => port)).toEqual([4567]);
  });
});

describe("the proof that the arbitrator votes", () => {
  const probe = arbitrator.probe(twoAndAWitness, witness);
  /** Started so many seconds before the machine itself was. */
  const LONG_AGO = "-1000000000";
  const JUST_NOW = "1000000000000000";
  const ask = (link: string, word: string, { active = "true", since = LONG_AGO } = {}) =>
    runWith(probe.argv, {
      programs: {
        ss: printing(link),
        journalctl: printing(word),
        systemctl: `case "$*" in is-active*) ${active} ;; *Timestamp*) echo ${since} ;; *) echo 0a1b ;; esac`,
      },
    }).code;

  it("is that it runs, is connected with a member, and was last told of a primary component", () => {
    expect(ask("0 0 a b", "New COMPONENT: primary = yes, bootstrap = no")).toBe(0);
    expect(ask("0 0 a b", "New COMPONENT: primary = no, bootstrap = no")).toBe(1);
    expect(ask("", "New COMPONENT: primary = yes, bootstrap = no")).toBe(1);
    expect(ask("0 0 a b", "New COMPONENT: primary = yes", { active: "false" })).toBe(1);
  });

  it("is not a link alone right after the start, and is one when the journal has forgotten", () => {
    expect(ask("0 0 a b", "", { since: JUST_NOW })).toBe(1);
    expect(ask("0 0 a b", "", { since: LONG_AGO })).toBe(0);
  });
});
