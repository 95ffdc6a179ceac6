import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { planRotateCertificates } from "../../../../src/toolkit/runbooks/rotate/certificates.ts";
import type { RunbookContext } from "../../../../src/toolkit/runbooks/runbook.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { prepare } from "../machines/whole.ts";
import { RUN } from "../runbook-context.ts";
import { actionsOfRounds } from "./reloads.ts";
import { factsOf, opened, withVault } from "./vault.ts";

const plan = (context: RunbookContext, authority = false, run = RUN) =>
  planRotateCertificates(context, { authority }, factsOf(context.topology), run, prepare);

/** The certificates of a text, one after the other. */
const parse = (text: string) =>
  (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  );

describe("rotate certificates", () => {
  it("is an apply with new ones, of all that the cluster's own authority issues", async () => {
    const { context, project } = await withVault();
    const { phases, notes, before, conclude } = await plan(context);
    expect(phases.map(({ title }) => title)).toContain("put files");
    expect(notes![0]).toBe("4 are made anew: pki/node-1, pki/node-2, pki/node-3, tls/public");
    await before!("begins");
    await conclude!();
    const { vault } = await opened(project);
    expect(vault.versions().get("pki/node-1.pem")).toBe("2");
    expect(vault.versions().get("pki/authority.crt")).toBe("1");
  });

  it("with the authority trusts both, then issues, and only then trusts the new one alone", async () => {
    const { context } = await withVault();
    const { phases } = await plan(context, true);
    const titles = phases.map(({ title }) => title);
    const order = [
      "trust both authorities: look for changes made by hand",
      "trust both authorities: put files",
      "trust both authorities: see that haproxy does its work",
      "issue by the new authority: put files",
      "issue by the new authority: see that mailnode does its work",
      "put files",
      "see that keepalived does its work",
    ];
    for (const title of order) expect(titles).toContain(title);
    const places = order.map((title) => titles.indexOf(title));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles).not.toContain("look for changes made by hand");
    const groups = phases.filter(({ title }) => title.endsWith("put files")).map(({ group }) => group);
    expect(new Set(groups).size).toBe(3);
  });

  it("has every mail node read anew whom it trusts, before the first has a new certificate and after the last has", async () => {
    const { context } = await withVault();
    const all = (what: string) =>
      ["node-1", "node-2", "node-3"].map((name) => `${name}: ${what} mailbastion-mbnode.service`);
    const rounds = await actionsOfRounds(context, await plan(context, true));
    expect(rounds).toEqual([all("reload"), all("restart"), all("reload")]);
  });

  it("puts a text with both authorities that verifies what either has issued", async () => {
    const { context, vault } = await withVault();
    const { resolverOf } = await plan(context, true);
    const resolver = resolverOf!("node-1");
    const authorities = parse(resolver.secret({ name: "pki/authority.crt", version: "1and2" }));
    expect(authorities).toHaveLength(2);
    for (const [index, version] of ["1", "2"].entries()) {
      const [leaf] = parse(resolver.secret({ name: "pki/node-1.pem", version }));
      expect(leaf!.verify(authorities[index]!.publicKey)).toBe(true);
      expect(leaf!.checkIssued(authorities[index]!)).toBe(true);
      const [alone] = parse(resolver.secret({ name: "pki/authority.crt", version }));
      expect(alone!.fingerprint256).toBe(authorities[index]!.fingerprint256);
    }
    expect(vault.versions().get("pki/authority.crt")).toBe("1");
  });

  it("after an aborted one with the authority puts what is trusted, with or without it", async () => {
    const { context, project } = await withVault();
    const aborted = await plan(context, true, { ...RUN, id: "run-1" });
    await aborted.before!("begins");

    const without = await plan((await opened(project)).context, false, { ...RUN, id: "run-2" });
    const resolver = without.resolverOf!("node-1");
    const [authority] = parse(resolver.secret({ name: "pki/authority.crt", version: "1" }));
    for (const name of ["pki/node-1.pem", "tls/public.pem"]) {
      const [leaf] = parse(resolver.secret({ name, version: "3" }));
      expect(leaf!.verify(authority!.publicKey)).toBe(true);
    }
    await without.before!("begins");
    await without.conclude!();

    const withIt = await plan((await opened(project)).context, true, { ...RUN, id: "run-3" });
    const last = withIt.resolverOf!("node-1");
    const [, next] = parse(last.secret({ name: "pki/authority.crt", version: "1and2" }));
    const [leaf] = parse(last.secret({ name: "pki/node-1.pem", version: "4" }));
    expect(leaf!.verify(next!.publicKey)).toBe(true);
  });

  it("says that the operator's own certificate is the operator's to renew", async () => {
    const files = { kind: "files", certificateFile: "mail.crt", keyFile: "mail.key" } as const;
    const { context } = await withVault();
    const topology = { ...threeMachines, tls: { public: files } };
    const { notes } = await plan({ ...context, topology });
    expect(notes![0]).toBe("3 are made anew: pki/node-1, pki/node-2, pki/node-3");
    expect(notes!.join("\n")).toContain("the certificate that clients see is yours");
  });
});
