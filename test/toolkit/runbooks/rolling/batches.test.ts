import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { batches, batchSize } from "../../../../src/toolkit/runbooks/rolling/batches.ts";
import { ROLES, type Machine, type Role } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { refusalOf } from "../runbook-context.ts";

const machine = (name: string, roles: readonly Role[]): Machine => ({
  ...threeMachines.machines[0]!,
  name,
  roles,
});

describe("batches", () => {
  it("take machines with all roles one by one, whatever the size", () => {
    expect(batches(threeMachines.machines, 3).map((batch) => batch.length)).toEqual([1, 1, 1]);
  });

  it("take machines of different tiers together", () => {
    const machines = [
      machine("db-1", ["database"]),
      machine("mail-1", ["mail"]),
      machine("db-2", ["database"]),
      machine("mail-2", ["mail"]),
      machine("lb-1", ["balancer"]),
    ];
    expect(batches(machines, 2).map((batch) => batch.map(({ name }) => name))).toEqual([
      ["db-1", "mail-1"],
      ["db-2", "mail-2"],
      ["lb-1"],
    ]);
  });

  it("hold a witness alone, as it votes with all of the others", () => {
    const machines = [machine("w", ["witness"]), machine("db-1", ["database"]), machine("mail-1", ["mail"])];
    expect(batches(machines, 3).map((batch) => batch.map(({ name }) => name))).toEqual([
      ["w"],
      ["db-1", "mail-1"],
    ]);
  });

  it("hold every machine once, in its order, and never two that share a role or more than the size", () => {
    const anyMachine = fc.uniqueArray(fc.constantFrom(...ROLES), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(anyMachine), fc.integer({ min: 1, max: 9 }), (roles, size) => {
        const machines = roles.map((own, index) => machine(`m-${index}`, own));
        const cut = batches(machines, size);
        expect(cut.flat()).toEqual(machines);
        for (const batch of cut) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(size);
          const held = batch.flatMap((one) => one.roles);
          expect(new Set(held).size).toBe(held.length);
        }
      }),
    );
  });
});

describe("the size of a batch", () => {
  it("is a number, or a share by real division, and at least 1", () => {
    expect(batchSize("2", 10)).toBe(2);
    expect(batchSize("25%", 10)).toBe(2);
    expect(batchSize("10%", 5)).toBe(1);
    expect(batchSize("100%", 7)).toBe(7);
    expect(batchSize("1%", 1)).toBe(1);
  });

  it("of a share is at least 1 and exceeds the share by nothing else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 500 }), (percent, count) => {
        const size = batchSize(`${percent}%`, count);
        expect(size).toBeGreaterThanOrEqual(1);
        expect(size === 1 || size * 100 <= percent * count).toBe(true);
        expect((size + 1) * 100).toBeGreaterThan(percent * count);
      }),
    );
  });

  it.each(["0", "0%", "101%", "-1", "1.5", "half", ""])("is not %j", async (text) => {
    expect((await refusalOf(() => batchSize(text, 3))).code).toBe("BATCH_UNREADABLE");
  });
});
