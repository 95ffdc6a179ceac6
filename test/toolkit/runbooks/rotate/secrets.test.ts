import { describe, expect, it } from "@jest/globals";
import { planRotateSecrets } from "../../../../src/toolkit/runbooks/rotate/secrets.ts";
import type { RunbookContext } from "../../../../src/toolkit/runbooks/runbook.ts";
import type { Phase } from "../../../../src/toolkit/steps/phase.ts";
import { dryRun, refusalOf, RUN } from "../runbook-context.ts";
import { contextOf, prepare, stepsOf } from "../machines/whole.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { actionsOfRounds } from "./reloads.ts";
import { factsOf, opened, withVault } from "./vault.ts";

const plan = (context: RunbookContext, ...names: readonly string[]) =>
  planRotateSecrets(context, { names: [...names] }, factsOf(), RUN, prepare);

const present = (vault: { versions(): ReadonlyMap<string, string> }) =>
  vault.versions().get("cache/password");

describe("rotate secrets", () => {
  it("lets whoever is asked take both, then everybody ask with the new one, then the old one be forgotten", async () => {
    const { context } = await withVault();
    const titles = (await plan(context)).phases.map(({ title }) => title);
    const order = [
      "accept the new gossip key: look for changes made by hand",
      "accept the new gossip key: put files",
      "accept the new gossip key: see that mailnode does its work",
      "send with the new gossip key: put files",
      "send with the new gossip key: see that mailnode does its work",
      "let the caches take the new password too",
      "let caches and Sentinels use the new password",
      "let the database take the new password too",
      "put files",
      "form the cache",
      "make the Sentinels agree",
      "see that keepalived does its work",
      "let the database forget the old password",
    ];
    for (const title of order) expect(titles).toContain(title);
    const places = order.map((title) => titles.indexOf(title));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(new Set(titles).size).toBe(titles.length);
  });

  it("sends exactly this besides the apply, with no password in it", async () => {
    const { context, vault } = await withVault();
    const { phases } = await plan(context);
    const text = await dryRun(phases.filter(({ machines }) => machines.length === 0));
    expect(text).toMatchSnapshot();
    for (const name of ["cache/password", "database/password"])
      for (const version of ["1", "2"]) expect(text).not.toContain(vault.reveal({ name, version }).reveal());
  });

  it("bears both passwords to the machines as placeholders, which it can resolve", async () => {
    const { context, vault } = await withVault();
    const { phases, resolverOf } = await plan(context);
    const both = phases.find(({ title }) => title === "let the database take the new password too")!;
    const [step] = stepsOf(both);
    expect(step!.commands[0]!.stdin).toContain("PASSWORD('@@secret:database/password:1@@')");
    expect(step!.commands[0]!.stdin).toContain("PASSWORD('@@secret:database/password:2@@')");
    const resolver = resolverOf!("node-1");
    for (const version of ["1", "2"]) {
      const ref = { name: "database/password", version };
      expect(resolver.secret(ref)).toBe(vault.reveal(ref).reveal());
    }
  });

  it("has all mail nodes accept the new gossip key before any sends with it, and takes the old one out last", async () => {
    const { context, vault } = await withVault();
    const { phases, resolverOf } = await plan(context, "mail/gossip-key");
    const titles = phases.map(({ title }) => title);
    expect(titles).not.toContain("look for changes made by hand");
    const rounds = phases.filter(({ title }) => title.endsWith("put files"));
    expect(new Set(rounds.map(({ group }) => group)).size).toBe(3);
    const key = (version: string) => vault.reveal({ name: "mail/gossip-key", version }).reveal();
    const resolver = resolverOf!("node-1");
    const textOf = (version: string) => resolver.secret({ name: "mail/gossip-key", version });
    expect([textOf("1and2"), textOf("2and1"), textOf("2")]).toEqual([
      `${key("1")}\n${key("2")}`,
      `${key("2")}\n${key("1")}`,
      key("2"),
    ]);
    expect(Buffer.from(key("2"), "base64")).toHaveLength(32);
    const lines = await Promise.all(rounds.map((phase) => keysPut(phase)));
    expect(lines).toEqual(["1and2", "2and1", "2"].map((version) => `@@secret:mail/gossip-key:${version}@@`));
  });

  it("has every mail node read the gossip keys anew in each round", async () => {
    const { context } = await withVault();
    const reloads = ["node-1", "node-2", "node-3"].map(
      (name) => `${name}: reload mailbastion-mbnode.service`,
    );
    const rounds = await actionsOfRounds(context, await plan(context, "mail/gossip-key"));
    expect(rounds).toEqual([reloads, reloads, reloads]);
  });

  it("does not say that mail nodes restart for a key that they read anew", async () => {
    const { context } = await withVault();
    expect((await plan(context, "mail/gossip-key")).notes!.join("\n")).not.toContain("restart");
    expect((await plan(context)).notes!.join("\n")).toContain("mail nodes restart one after the other");
  });

  it("rotates only what is named", async () => {
    const { context } = await withVault();
    const { phases, notes } = await plan(context, "balancer/stats-password");
    const titles = phases.map(({ title }) => title);
    expect(titles).toContain("put files");
    expect(titles.filter((title) => title.includes("password"))).toEqual([]);
    expect(notes![0]).toBe("new values for balancer/stats-password");
  });

  it("writes nothing until it begins, and keeps the old ones until every machine has the new ones", async () => {
    const { context, project } = await withVault();
    const { before, conclude } = await plan(context);
    const asked = await opened(project);
    expect(() => asked.vault.reveal({ name: "cache/password", version: "2" })).toThrow();

    await before!("begins");
    const died = await opened(project);
    expect(present(died.vault)).toBe("1");
    expect(died.vault.reveal({ name: "cache/password", version: "2" }).reveal()).toHaveLength(32);

    await conclude!();
    expect(present((await opened(project)).vault)).toBe("2");
  });

  it("goes on after it died with the new values that machines have already, and concludes twice without harm", async () => {
    const { context, project } = await withVault();
    const first = await plan(context);
    await first.before!("begins");
    const value = (await context.secrets()).reveal({ name: "cache/password", version: "2" }).reveal();

    const again = await opened(project);
    const resumed = await plan(again.context);
    await resumed.before!("resumed");
    expect(resumed.phases.map(({ title }) => title)).toEqual(first.phases.map(({ title }) => title));
    await resumed.conclude!();

    const once = await opened(project);
    const last = await plan(once.context);
    await last.before!("resumed");
    await last.conclude!();
    expect(present(once.vault)).toBe("2");
    expect(once.vault.reveal({ name: "cache/password", version: "2" }).reveal()).toBe(value);
  });

  it("is not resumed where its new values are not", async () => {
    const { context } = await withVault();
    const { before } = await plan(context);
    expect(await refusalOf(() => before!("resumed"))).toMatchObject({
      code: "ROTATION_ELSEWHERE",
      message: `the new secrets that ${RUN.id} puts on the machines are not in the vault of this computer`,
    });
  });

  it("refuses a name that is no password", async () => {
    const { context } = await withVault();
    expect(await refusalOf(() => plan(context, "cache/pasword"))).toMatchObject({
      code: "SECRET_UNKNOWN",
      message: 'acme has no password "cache/pasword"',
      remedy: "did you mean cache/password?",
    });
  });

  it("refuses before the first deployment", async () => {
    expect(await refusalOf(() => plan(contextOf(threeMachines)))).toMatchObject({ code: "VAULT_MISSING" });
  });
});

/** What a phase that puts files would put into node-1's file of gossip keys, on machines that have nothing yet. */
async function keysPut(phase: Phase): Promise<string> {
  const answers = new Map(phase.machines.map((name) => [name, { code: 0, stdout: "", stderr: "" }]));
  const staged = phase
    .decide(answers)
    .flat()
    .filter(({ machine }) => machine === "node-1")
    .flatMap(({ commands }) => commands)
    .find(({ argv, stdin }) => argv.at(-1)!.endsWith("/gossip.keys") && typeof stdin === "string");
  return (staged!.stdin as string).split("\n").find((line) => line.startsWith("@@"))!;
}
