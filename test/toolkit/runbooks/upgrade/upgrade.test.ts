import { describe, expect, it } from "@jest/globals";
import type { Release } from "../../../../src/toolkit/release/index.ts";
import {
  planUpgrade,
  upgrade,
  type UpgradeArguments,
} from "../../../../src/toolkit/runbooks/upgrade/upgrade.ts";
import { bind } from "../../../../src/toolkit/runbooks/bind.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { dryRun, ok, refusalOf, RUN, runbookContext, titlesOf } from "../runbook-context.ts";
import { serializeDrainMark } from "../../../../src/contract/drain-mark.ts";
import { markOf } from "../drain/answers.ts";
import { LEADERS, part, saying, wholeCluster } from "../rolling/whole-cluster.ts";

const release: Release = {
  id: "0.2.0-new",
  archive: "/cache/mbnode-0.2.0-new.tar.gz",
  runtimes: { x64: { name: "node-v24-linux-x64", archive: "/cache/node.tar.gz" } },
};
const OLD = "processor x86_64\ncurrent 0.1.0-old\nrelease 0.1.0-old node-v24-linux-x64\nrunning 0.1.0-old\n";
const NEW = OLD.replaceAll("0.1.0-old", "0.2.0-new");

const defaults = upgrade.arguments.parse({});

const cluster = (released: string, packages = "") =>
  wholeCluster(LEADERS, undefined, () => `${part("release", released)}${part("packages", packages)}`);

function planFor(
  found: ReadonlyMap<string, Answer>,
  args: Partial<UpgradeArguments> = {},
  made: Release | undefined = release,
): Plan {
  return planUpgrade(runbookContext(), { ...defaults, ...args }, found, RUN, made);
}

const titles = (plan: Plan) =>
  plan.phases.filter(({ machines }) => machines.length === 0).flatMap((phase) => titlesOf(phase, new Map()));

describe("upgrade of the mail node", () => {
  it("uploads everywhere, then restarts one node after the other, out of the balancers meanwhile", () => {
    const plan = planFor(cluster(OLD));
    expect(plan.phases.map(({ title }) => title).slice(0, 4)).toEqual([
      "upload mbnode 0.2.0-new",
      "take the mail node of node-3 out of every balancer for 0.2.0-new",
      "restart the mail node of node-3 with 0.2.0-new",
      "put the mail node of node-3 back into every balancer with 0.2.0-new",
    ]);
    expect(titles(plan).slice(0, 5)).toEqual([
      ["node-1: send node-3 no new session", "node-2: send node-3 no new session"],
      [
        "node-1: let short sessions with node-3 end by themselves",
        "node-2: let short sessions with node-3 end by themselves",
      ],
      ["node-3: run 0.2.0-new instead of 0.1.0-old"],
      ["node-3: wait until its mail node follows a leader"],
      ["node-1: send sessions to node-3 again", "node-2: send sessions to node-3 again"],
    ]);
  });

  it("links the earlier release back, and restarts it, when the node does not take mail with the new one", () => {
    const plan = planFor(cluster(OLD));
    const own = plan.phases.filter(({ group }) => group === "run mbnode 0.2.0-new on node-3");
    expect(own).toHaveLength(3);
    const step = own[1]!.decide(new Map())[0]![0]!;
    const [back, restart, wait] = step.undo!.map(({ argv }) => argv);
    expect(back!.slice(-2)).toEqual(["/opt/mailbastion", "0.1.0-old"]);
    expect(restart!.slice(-2)).toEqual(["restart", "mailbastion-mbnode.service"]);
    // Whatever is taken back next, this one takes mail again.
    expect(wait).toEqual(expect.arrayContaining(["0.1.0-old", "--ready"]));
    expect(step.verify!.title).toBe("the mail node runs 0.2.0-new and takes mail");
  });

  it("touches no other node, and takes this one back, while it has not found back to its cluster", () => {
    const [restart] = planFor(cluster(OLD)).phases.filter(({ title }) => title.startsWith("restart"));
    const [start, follows] = restart!.decide(new Map());
    expect(start).toHaveLength(1);
    expect(follows!.map(({ machine, verify }) => [machine, verify!.title])).toEqual([
      ["node-3", "the mail node is a member and follows a leader"],
    ]);
    expect(restart!.group).toBe("run mbnode 0.2.0-new on node-3");
  });

  it("has nothing to do where every node runs it", () => {
    const plan = planFor(cluster(NEW));
    expect(plan.phases).toEqual([]);
    expect(plan.notes).toEqual(["every mail node runs 0.2.0-new"]);
  });

  it("restarts a node that runs another release than its link names", () => {
    const half = OLD.replace("current 0.1.0-old", "current 0.2.0-new");
    expect(titles(planFor(cluster(half)))[2]).toEqual(["node-3: run 0.2.0-new instead of 0.1.0-old"]);
  });

  it("refuses where no mail node was ever put", async () => {
    const error = await refusalOf(() => planFor(cluster("processor x86_64\n")));
    expect(error.code).toBe("UPGRADE_NO_RELEASE");
  });

  it("prints these commands in a dry run", async () => {
    const ofOne = planFor(cluster(OLD)).phases.slice(0, 4);
    expect(await dryRun(ofOne, () => ({ ...ok, stdout: OLD }))).toMatchSnapshot();
  });
});

describe("an upgrade of the mail node that was broken off, typed again", () => {
  const mark = JSON.stringify({
    machine: "node-2",
    owner: "ada@desk",
    reason: "upgrade to 0.2.0-new",
    at: "2026-11-22T17:00:00.000Z",
    run: "20261122-1700-aaaa",
    work: "drain",
  });
  /** These balancers were told to leave node-2 out, and it has no mark itself. */
  const leftOutOf = (balancers: readonly string[], all: Map<string, Answer>) => {
    for (const name of balancers) {
      const answer = all.get(name)!;
      all.set(name, {
        ...answer,
        stdout: answer.stdout.replace("|@drains\n", `|@drains\n|node-2 ${mark}\n`),
      });
    }
    return all;
  };
  const first = "put the mail node of node-2, which was left out, back into every balancer";

  it("puts the node back everywhere before it takes another one out, which may be the last that gets sessions", () => {
    const all = cluster(OLD);
    all.set("node-2", saying(all.get("node-2")!, "release", NEW, 0));
    const plan = planFor(leftOutOf(["node-1", "node-2"], all));
    expect(plan.phases.map(({ title }) => title).slice(0, 3)).toEqual([
      first,
      "upload mbnode 0.2.0-new",
      "take the mail node of node-3 out of every balancer for 0.2.0-new",
    ]);
    expect(titles(plan)[0]).toEqual([
      "node-1: send sessions to node-2 again",
      "node-2: send sessions to node-2 again",
    ]);
    expect(plan.phases[0]!.decide(new Map())[0]!.map(({ verify }) => verify!.title)).toEqual([
      "node-2 is up in every listener",
      "node-2 is up in every listener",
    ]);
    expect(plan.phases.some(({ title }) => title.includes("restart the mail node of node-2"))).toBe(false);
    expect(plan.notes).toEqual([
      "node-2 is put back into the balancers first: it was left out by ada@desk on 2026-11-22T17:00:00.000Z (upgrade to 0.2.0-new)",
    ]);
  });

  it("puts it back where every node runs the new release, and where one balancer only leaves it out", () => {
    const plan = planFor(leftOutOf(["node-1"], cluster(NEW)));
    expect(plan.phases.map(({ title }) => title)).toEqual([first]);
    expect(plan.notes).toContain("every mail node runs 0.2.0-new");
  });

  it("takes it out once more where it was not upgraded yet, with titles that a journal tells apart", () => {
    const all = planFor(leftOutOf(["node-1", "node-2"], cluster(OLD))).phases.map(({ title }) => title);
    expect(all[0]).toBe(first);
    expect(all).toContain("take the mail node of node-2 out of every balancer for 0.2.0-new");
    expect(new Set(all).size).toBe(all.length);
  });

  it("puts it back before packages are upgraded as well", () => {
    const found = leftOutOf(["node-1"], cluster(OLD, "package haproxy 1 1\n"));
    const plan = planUpgrade(runbookContext(), { ...defaults, packages: true }, found, RUN, undefined);
    expect(plan.phases.map(({ title }) => title)).toEqual([first]);
  });

  it("refuses where the machine is drained itself: that is somebody's drain", async () => {
    const all = leftOutOf(["node-1", "node-2"], cluster(NEW));
    const own = all.get("node-2")!;
    all.set("node-2", { ...own, stdout: own.stdout.replace("|@drained\n", `|@drained\n|${mark}\n`) });
    const error = await refusalOf(() => planFor(all));
    expect(error.code).toBe("CLUSTER_NOT_WHOLE");
    expect(error.message).toContain("node-2 is drained by ada@desk");
  });
});

describe("upgrade of packages", () => {
  const newer = "package haproxy 2.6.12-1+deb12u1 2.6.12-1+deb12u4\npackage redis-server 5:7.0.15 5:7.0.15\n";
  const args = { packages: true };
  const found = () => {
    const all = cluster(OLD, "package redis-server 5:7.0.15 5:7.0.15\n");
    return all.set("node-1", saying(all.get("node-1")!, "packages", newer, 0));
  };

  it("drains only the machines that have something new, and stops only what changes", () => {
    const plan = planUpgrade(runbookContext(), { ...defaults, ...args }, found(), RUN, undefined);
    const all = plan.phases.map(({ title }) => title);
    expect(all.every((title) => !/node-[23]/.test(title.replace(/ out of .*/, "")))).toBe(true);
    const from = all.findIndex((title) => title.startsWith("stop"));
    expect(all.slice(from, from + 3)).toEqual([
      "stop haproxy on node-1",
      "upgrade the packages of node-1",
      "start haproxy on node-1",
    ]);
  });

  it("is resumed once it has begun: a machine that it left drained would be refused", () => {
    const bound = (packages: boolean) =>
      bind(upgrade, runbookContext(), { packages }, "mbctl upgrade").isResumedOnceBegun;
    expect([bound(true), bound(false)]).toEqual([true, false]);
  });

  it("asks the sources only then", () => {
    const asks = (more: Partial<UpgradeArguments>) =>
      upgrade
        .survey(runbookContext(), { ...defaults, ...more })
        .command("node-1")
        .argv.includes("packages");
    expect(asks({})).toBe(false);
    expect(asks(args)).toBe(true);
  });

  it("says so when everything is at its newest version", () => {
    const plan = planUpgrade(
      runbookContext(),
      { ...defaults, ...args },
      cluster(OLD, "package haproxy 1 1\n"),
      RUN,
      undefined,
    );
    expect(plan.phases).toEqual([]);
    expect(plan.notes).toEqual(["every package of the services is at its newest version"]);
  });

  it("refuses another series of MariaDB on any machine before it touches one", async () => {
    const all = found();
    all.set(
      "node-2",
      saying(all.get("node-2")!, "packages", "package mariadb-server 1:10.11.6 1:11.4.2\n", 0),
    );
    expect((await refusalOf(() => planFor(all, args))).code).toBe("UPGRADE_MARIADB_MAJOR");
  });
});

describe("an upgrade", () => {
  it("begins only while everything is whole", async () => {
    const all = cluster(OLD);
    all.delete("node-2");
    expect((await refusalOf(() => planFor(all))).code).toBe("CLUSTER_NOT_WHOLE");
  });

  const onNode1 = (part: string, line: string) => {
    const all = cluster(OLD);
    const { stdout, ...answer } = all.get("node-1")!;
    return all.set("node-1", { ...answer, stdout: stdout.replace(part, line) });
  };

  it("begins with a machine that a broken-off one has left out of a balancer", () => {
    const mark = serializeDrainMark(markOf({ machine: "node-3", owner: "eve@desk" })).trim();
    const all = onNode1("|@drains\n", `|@drains\n|node-3 ${mark}\n`);
    expect(planFor(all).phases.length).toBeGreaterThan(0);
  });

  it("does not begin while somebody has taken a machine out of a balancer by hand, as it would give it back", async () => {
    const all = onNode1("|smtp node-3 0\n", "|smtp node-3 8\n");
    expect((await refusalOf(() => planFor(all))).message).toContain(
      "on node-1 smtp/node-3 was drained by hand",
    );
  });
});
