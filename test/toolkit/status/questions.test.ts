import { describe, expect, it } from "@jest/globals";
import { services } from "../../../src/toolkit/services/registry.ts";
import { oneCommand } from "../../../src/toolkit/status/one-command.ts";
import { formingPhases, questionsFor } from "../../../src/toolkit/status/questions.ts";
import { SOURCES } from "../../../src/toolkit/status/sources.ts";
import { threeMachines } from "../fixtures/three-machines.ts";

const phases = formingPhases(threeMachines, services);
const questionsOf = (index: number) =>
  questionsFor(threeMachines, services, phases, threeMachines.machines[index]!);

describe("what status asks a machine", () => {
  it("is its facts, its marks, its runs, every probe, and what each service and forming phase sees", () => {
    expect([...questionsOf(0).keys()]).toMatchSnapshot();
  });

  it("is of a machine that is no balancer nothing about balancers", () => {
    expect([...questionsOf(2).keys()].filter((name) => /haproxy|keepalived/.test(name))).toEqual([]);
  });

  it("changes nothing, and fits a command line: Linux takes 128 KiB in one argument", () => {
    for (const [, command] of questionsOf(0)) expect(command.mutates).toBe(false);
    const { argv } = oneCommand(questionsOf(0), 7_500);
    // Quoting may make it longer, by three bytes for each quote.
    expect(argv.join(" ").replaceAll("'", "'\\''").length).toBeLessThan(64 * 1024);
  });

  it("is nothing that would need the vault", () => {
    expect(phases.map(({ phase }) => phase.title)).not.toContain("form the cache");
    expect(phases.map(({ phase }) => phase.title)).toContain("form the database cluster");
  });
});

describe("the services that have more to say", () => {
  it("are services of the registry, by their names", () => {
    const names = services.map(({ name }) => name);
    expect(Object.keys(SOURCES).filter((name) => !names.includes(name))).toEqual([]);
  });
});
