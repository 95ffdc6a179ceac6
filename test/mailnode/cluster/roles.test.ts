import { describe, expect, it } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mayAct } from "../../../src/contract/states.ts";
import { Roles } from "../../../src/mailnode/cluster/roles.ts";
import { replicas } from "./replicas.ts";

describe("roles", () => {
  it("each may do what the lesser ones may, and no more", () => {
    expect(mayAct("viewer", "viewer")).toBe(true);
    expect(mayAct("viewer", "operator")).toBe(false);
    expect(mayAct("operator", "viewer")).toBe(true);
    expect(mayAct("operator", "admin")).toBe(false);
    expect(mayAct("admin", "operator")).toBe(true);
  });

  it("go with a token that every node knows and no node holds", async () => {
    const { time, replica } = replicas();
    const roles = new Roles(replica("node-1"), randomBytes);
    const token = await time.until(roles.grant("ann", "operator", "root"));
    await time.pass(20);
    const elsewhere = new Roles(replica("node-3"), randomBytes);
    expect(elsewhere.authenticate(token.reveal())).toEqual({ name: "ann", role: "operator" });
    expect(elsewhere.authorize(token.reveal(), "viewer")?.allowed).toBe(true);
    expect(elsewhere.authorize(token.reveal(), "admin")?.allowed).toBe(false);
    expect(elsewhere.authorize(`${token.reveal()}x`, "viewer")).toBeUndefined();
    expect(elsewhere.authorize("", "viewer")).toBeUndefined();
    const snapshot = Buffer.from(replica("node-3").snapshot());
    expect(snapshot.includes("ann")).toBe(true);
    expect(snapshot.includes(token.reveal())).toBe(false);
    expect(String(token)).toBe("***");
  });

  it("are gone with their account, and change with a new token", async () => {
    const { time, replica } = replicas();
    const roles = new Roles(replica("node-1"), randomBytes);
    await time.until(roles.grant("root", "admin", "setup"));
    const first = await time.until(roles.grant("ann", "operator", "root"));
    const second = await time.until(roles.grant("ann", "viewer", "root"));
    expect(roles.authenticate(first.reveal())).toBeUndefined();
    expect(roles.authenticate(second.reveal())?.role).toBe("viewer");
    await time.until(roles.revoke("ann", "root"));
    expect(roles.authenticate(second.reveal())).toBeUndefined();
    expect(roles.list()).toEqual([{ name: "root", role: "admin" }]);
    await expect(time.until(roles.revoke("root", "root"))).rejects.toMatchObject({
      refusal: { code: "LAST_ADMIN" },
    });
  });
});
