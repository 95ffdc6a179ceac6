import { describe, expect, it } from "@jest/globals";
import type { Wish } from "../../../../src/toolkit/runbooks/recover/choose-beginner.ts";
import { recoverGalera } from "../../../../src/toolkit/runbooks/recover/galera.ts";
import { runPhases } from "../../../../src/toolkit/runner/run-phases.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer, Command } from "../../../../src/toolkit/steps/command.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { runOptions } from "../../runner/fixtures.ts";
import {
  answer,
  answers,
  arbitrator,
  crashed,
  fresh,
  grastate,
  inService,
  looking,
  OTHER_HISTORY,
  status,
  stopped,
  survivor,
} from "../../services/galera/recorded.ts";
import { dryRun, ok, refusalOf, RUN, runbookContext, titlesOf } from "../runbook-context.ts";

const context = runbookContext();

async function planFor(found: ReadonlyMap<string, Answer>, wish: Wish = {}): Promise<Plan> {
  return recoverGalera.plan(context, wish, found, RUN);
}

/** What each phase would do, were the machines as they are now. */
async function titles(found: ReadonlyMap<string, Answer>, wish: Wish = {}) {
  const { phases } = await planFor(found, wish);
  return phases.slice(0, 3).map((phase) => {
    try {
      return titlesOf(phase, found);
    } catch {
      return "later";
    }
  });
}

/** Crashed, and its saved view is lost. */
const alone = answer({ unit: "inactive", grastate: grastate(-1), databases: "t\n" });
const asked = (seqno: number | string) => {
  const said = alone;
  const position = "WSREP: Recovered position 82427ec6-e685-11f1-923a-a2e7766fb756";
  return { ...said, stdout: `${said.stdout}@asked\n${position}:${seqno},0-1-9\n` };
};
const clearing = (name: string) => `${name}: take every bootstrap mark away`;

describe("recover galera", () => {
  it("takes a forgotten bootstrap mark away before anything is started", async () => {
    const said = stopped(22);
    const marked = { ...said, stdout: `${said.stdout}@marked\nyes\n` };
    expect((await titles(answers(inService(0), marked, inService(2))))[0]).toEqual([
      ["node-2: take a forgotten bootstrap mark away"],
    ]);
  });

  it("only joins the rest where somebody is primary", async () => {
    expect(await titles(answers(inService(0), looking(1), stopped(22)))).toEqual([
      [],
      [],
      [["node-2: wait for the member"], ["node-3: join the database cluster"]],
    ]);
  });

  it("starts exactly the members of the last view together where all of them are there", async () => {
    expect(await titles(answers(crashed(0), crashed(1), crashed(2)))).toEqual([
      [],
      [
        [
          "node-1: restore the saved primary component",
          "node-2: restore the saved primary component",
          "node-3: restore the saved primary component",
        ],
      ],
      "later",
    ]);
    expect((await titles(answers(crashed(0, [0, 1], 9), crashed(1, [0, 1], 9), crashed(2))))[1]).toEqual([
      ["node-1: restore the saved primary component", "node-2: restore the saved primary component"],
    ]);
  });

  it("stops everybody and asks the data where nobody can know", async () => {
    expect(await titles(answers(alone, looking(1), fresh))).toEqual([
      [["node-2: stop the database server"], ["node-1: ask the data for their position"]],
      "later",
      "later",
    ]);
  });

  it("asks the data of a cluster in which nobody has made a table yet (it was refused as not certain)", async () => {
    const empty = answer({ unit: "inactive", grastate: grastate(-1) });
    expect((await titles(answers(empty, empty, empty)))[0]).toEqual([
      ["node-1", "node-2", "node-3"].map((name) => `${name}: ask the data for their position`),
    ]);
  });

  it("stops first of all what its unit could not, as systemd starts nothing beside it", async () => {
    const lingering = (said: Answer) => ({
      ...said,
      stdout: `${said.stdout.replace("@unit\ninactive", "@unit\nfailed")}@lingering\nyes\n`,
    });
    const stopping = [["node-2: stop the database server"]];
    const rest = answers(inService(0), lingering(stopped(22)), inService(2));
    expect((await titles(rest))[0]).toEqual(stopping);
    const last = answers(crashed(0), lingering(crashed(1)), crashed(2));
    expect((await titles(last))[0]).toEqual(stopping);
    const none = answers(stopped(24), lingering(asked(26)), stopped(22));
    expect((await titles(none))[0]).toEqual(stopping);
  });

  it("takes the marks away everywhere else, and begins with the one that nobody is ahead of", async () => {
    expect((await titles(answers(asked(24), asked(26), stopped(22))))[1]).toEqual([
      [clearing("node-1"), clearing("node-3")],
      ["node-2: set the bootstrap mark"],
      ["node-2: begin with the data of node-2, which stand at 82427ec6-e685-11f1-923a-a2e7766fb756:26"],
    ]);
  });

  it("takes a position with a GTID behind it, and a place that reads 18446744073709551615 for unknown", async () => {
    const found = answers(asked(24), asked(26), stopped(22));
    const unsigned = new Map(found).set("node-2", asked("18446744073709551615"));
    const { phases } = await planFor(unsigned);
    expect((await refusalOf(() => phases[1]!.decide(unsigned))).message).toContain(
      "node-2 does not know its position",
    );
  });

  it("promotes a running survivor instead of restarting it, after the others are down", async () => {
    const found = answers(survivor(0), stopped(30), answer({ unit: "activating", grastate: grastate(25) }));
    expect((await titles(found)).slice(0, 2)).toEqual([
      [["node-3: stop the database server"]],
      [
        ["node-3: stop the database server"],
        [clearing("node-2"), clearing("node-3")],
        ["node-1: begin with the data of node-1, which stand at 82427ec6-e685-11f1-923a-a2e7766fb756:31"],
      ],
    ]);
    const { phases } = await planFor(found);
    const last = phases[1]!.decide(found).at(-1)![0]!;
    expect(last.commands.map(({ argv }) => argv)).toEqual([
      ["mariadb", "--execute", "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=true'"],
    ]);
  });

  it("does not promote a survivor that another member is ahead of", async () => {
    const found = answers(survivor(0), stopped(40, 1), stopped(25));
    expect((await titles(found))[1]).toEqual([
      ["node-1: stop the database server"],
      [clearing("node-1"), clearing("node-3")],
      ["node-2: set the bootstrap mark"],
      ["node-2: begin with the data of node-2, which stand at 82427ec6-e685-11f1-923a-a2e7766fb756:40"],
    ]);
  });

  it("begins through the unit, which gives the server its recovered position, and waits for all four conditions", async () => {
    const found = answers(stopped(4), stopped(5, 1), stopped(4));
    const { phases } = await planFor(found);
    const last = phases[1]!.decide(found).at(-1)![0]!;
    expect(last.commands.map(({ argv }) => argv)).toEqual([["galera_new_cluster"]]);
    const gate = last.verify!.command.argv.join(" ");
    for (const variable of [
      "wsrep_cluster_status",
      "wsrep_local_state_comment",
      "wsrep_ready",
      "wsrep_connected",
    ])
      expect(gate).toContain(variable);
  });

  it("keeps a member out that has what the named one lacks", async () => {
    const wish = { from: "node-1", acceptLoss: "tried the disk of node-3" };
    const found = answers(stopped(4, 1), stopped(3), stopped(9, 0, OTHER_HISTORY));
    expect((await titles(found, wish))[1]).toEqual([
      ["node-3: keep the member out, so that its data are not erased"],
      [clearing("node-2"), clearing("node-3")],
      ["node-1: set the bootstrap mark"],
      [
        "node-1: begin with the data of node-1, which stand at 82427ec6-e685-11f1-923a-a2e7766fb756:4, accepting the loss (tried the disk of node-3) of everything of node-3, which has another history",
      ],
    ]);
  });

  it("takes no notice of a member that was left out before", async () => {
    const out = stopped(9, 0, OTHER_HISTORY);
    const leftOut = { ...out, stdout: `${out.stdout}@leftout\nyes\n` };
    expect((await titles(answers(inService(0), stopped(22), leftOut)))[2]).toEqual([
      ["node-2: join the database cluster"],
    ]);
    const error = await refusalOf(() =>
      planFor(answers(stopped(4), stopped(5), leftOut), { from: "node-3", acceptLoss: "x" }),
    );
    expect(error.remedy).toContain("/var/lib/mysql/mailbastion-left-out");
  });

  it("restarts the member that began as an ordinary one, only when another carries on", async () => {
    const { phases } = await planFor(answers(stopped(4), stopped(5), stopped(6)));
    const ordinary = (size: number) =>
      titlesOf(
        phases[3]!,
        new Map([
          ["node-1", { ...ok, stdout: `size\t${size}\nbegan\n` }],
          ["node-2", ok],
          ["node-3", ok],
        ]),
      );
    expect(ordinary(3)).toEqual([
      ["node-1: wait until no copy of the data runs"],
      ["node-1: restart the member that began, as an ordinary one"],
    ]);
    expect(ordinary(1)).toEqual([]);
  });

  it("ends when every member sees one history and all the others", async () => {
    const { phases } = await planFor(answers(stopped(4), stopped(5), stopped(6)));
    const member = (index: number, parts = {}) => {
      const text = `${status("Primary", "Synced", "ON", parts)}wsrep_cluster_size\t3\n`;
      return answer({ unit: "active", status: text, grastate: grastate(-1 - index * 0) });
    };
    expect(titlesOf(phases[4]!, answers(member(0), member(1), member(2)))).toEqual([]);
    expect(titlesOf(phases[4]!, answers(member(0), member(1, { uuid: OTHER_HISTORY }), member(2)))).toEqual([
      ["node-2: wait for the whole cluster"],
    ]);
  });

  it("shows the table of positions before it asks", async () => {
    const { notes } = await planFor(answers(stopped(4), stopped(5), stopped(6, 1)));
    expect(notes![0]).toMatch(/node-3 .* 6 .* yes .* saved state/);
  });
});

describe("recover galera refuses", () => {
  it("when a machine does not answer and no view is whole without it", async () => {
    const found = answers(stopped(4), stopped(5));
    const error = await refusalOf(() => planFor(found));
    expect(error.code).toBe("GALERA_RECOVERY_UNSURE");
    expect(error.message).toContain("node-3 did not answer");
  });

  it("when a machine does not answer, and says for each that does what going on with it may lose", async () => {
    const { remedy } = await refusalOf(() => planFor(answers(stopped(5), stopped(505))));
    expect(remedy.split("\n")).toEqual([
      "bring back what is missing and run it again; or decide yourself:",
      '  mbctl recover galera --from node-1 --accept-loss "<reason, which names node-2>"   may lose 500 writesets that node-2 has and node-1 has not; what node-3 has after 5: it did not answer',
      '  mbctl recover galera --from node-2 --accept-loss "<reason>"   may lose what node-3 has after 505: it did not answer',
    ]);
  });

  it("when a machine does not answer, also while the data of the others were not asked, of which it tells", async () => {
    const error = await refusalOf(() => planFor(answers(crashed(0), crashed(1))));
    expect(error.code).toBe("GALERA_RECOVERY_UNSURE");
    expect(error.remedy).toMatch(
      /--from node-1 --accept-loss "<reason>" {3}what it may lose is known when its data have been asked: .*\n.*--from node-2/,
    );
  });

  it("not, when the members of the last view are there without the silent one", async () => {
    const found = answers(crashed(0, [0, 1], 9), crashed(1, [0, 1], 9));
    expect((await planFor(found)).phases[0]!.machines).toEqual(["node-1", "node-2"]);
  });

  it("when nobody answers", async () => {
    expect((await refusalOf(() => planFor(new Map()))).code).toBe("GALERA_UNREACHABLE");
  });

  it("to begin with a named machine while another is primary", async () => {
    const error = await refusalOf(() =>
      planFor(answers(inService(0), stopped(4), stopped(5)), { from: "node-3" }),
    );
    expect(error.code).toBe("GALERA_HAS_PRIMARY");
  });

  it("to choose between two histories that are both alive, whoever is named", async () => {
    const found = answers(
      inService(0),
      inService(1),
      answer({
        unit: "active",
        status: status("Primary", "Synced", "ON", { uuid: OTHER_HISTORY }),
        grastate: grastate(-1, { uuid: OTHER_HISTORY }),
      }),
    );
    for (const wish of [{}, { from: "node-1", acceptLoss: "node-3 was begun anew" }]) {
      const error = await refusalOf(() => planFor(found, wish));
      expect(error.code).toBe("GALERA_TWO_CLUSTERS");
      expect(error.message).toContain("in 2 clusters at once");
      expect(error.remedy).toMatch(/^decide which history to keep, stop mariadb .* then run mbctl apply$/);
    }
  });

  it("what may be lost before anything is stopped, where all positions are known", async () => {
    const found = answers(stopped(3), stopped(5, 1));
    const error = await refusalOf(() => planFor(found, { from: "node-1" }));
    expect(error.code).toBe("GALERA_LOSS_NOT_ACCEPTED");
    expect((await refusalOf(() => planFor(found, { from: "node-1", acceptLoss: "node-3 burnt" }))).code).toBe(
      "GALERA_LOSS_NOT_ACCEPTED",
    );
    const acceptLoss = "node-3 burnt, node-2 breaks";
    const { notes } = await planFor(found, { from: "node-1", acceptLoss });
    expect(notes![1]).toBe(
      "what may be lost: 2 writesets that node-2 has and node-1 has not; what node-3 has after 3: it did not answer",
    );
    expect(notes![2]).toContain("node-3 does not answer: when it comes back, stop mariadb there");
  });

  it("nothing twice: to name the machine settles the run that stopped at a refusal", () => {
    expect(recoverGalera.supersedes!({}, { from: "node-1", acceptLoss: "x" })).toBe(true);
  });

  it("a reason without a machine, and a machine without the role", async () => {
    const found = answers(stopped(4), stopped(5), stopped(6));
    expect((await refusalOf(() => planFor(found, { acceptLoss: "x" }))).code).toBe("GALERA_FROM_MISSING");
    expect((await refusalOf(() => planFor(found, { from: "node-9" }))).remedy).toBe("name one of them");
  });
});

describe("a recovery of members that were all stopped", () => {
  it("ends with one cluster, in this order, and a second run finds nothing to do", async () => {
    const cluster = memberModels();
    const first = await cluster.run();
    expect(first).toEqual([
      "node-1 clear",
      "node-2 clear",
      "node-3 begin",
      "node-1 start",
      "node-2 start",
      "node-3 clear",
      "node-3 restart",
    ]);
    expect(await cluster.run()).toEqual([]);
  });

  it("prints in a dry run what is known beforehand, and what is not", async () => {
    const found = answers(stopped(4), stopped(5), stopped(6, 1));
    const { phases } = await planFor(found);
    expect(await dryRun(phases, (machine) => found.get(machine)!)).toMatchSnapshot();
  });
});

/** Three members as far as the phases see them: stopped after 4, 5 and 6, the last one with the flag. */
function memberModels() {
  const up = new Set<string>();
  let beginner: string | undefined;
  const places = new Map([
    ["node-1", stopped(4)],
    ["node-2", stopped(5)],
    ["node-3", stopped(6, 1)],
  ]);
  const running = () => {
    const text = `${status("Primary", "Synced", "ON")}wsrep_cluster_size\t${up.size}\n`;
    return answer({ unit: "active", status: text, grastate: grastate(-1) });
  };
  const run = async (): Promise<readonly string[]> => {
    const done: string[] = [];
    const transport = {
      run: (machine: string, { argv }: Command): Promise<Answer> => {
        const text = argv.join(" ");
        const act = (word: string) => void done.push(`${machine} ${word}`);
        if (text.includes("@unit"))
          return Promise.resolve(up.has(machine) ? running() : places.get(machine)!);
        if (text.includes("echo began")) {
          const stdout = up.has(machine) ? `size\t${up.size}\n${beginner === machine ? "began\n" : ""}` : "";
          return Promise.resolve({ ...ok, stdout });
        }
        if (text.includes("unset-environment")) act("clear");
        if (text === "galera_new_cluster") {
          act("begin");
          beginner = machine;
          up.add(machine);
        }
        if (text.startsWith("systemctl start")) {
          act("start");
          up.add(machine);
        }
        if (text.startsWith("systemctl restart")) {
          act("restart");
          beginner = undefined;
        }
        return Promise.resolve(ok);
      },
      close: () => Promise.resolve(),
    };
    const found = new Map<string, Answer>();
    for (const machine of places.keys())
      found.set(machine, await transport.run(machine, recoverGalera.survey(context, {}).command(machine)));
    const { phases } = await planFor(found);
    await runPhases(phases, runOptions({ transport }));
    return done;
  };
  return { run };
}

describe("recover galera with an arbitrator", () => {
  const planWith = (found: ReadonlyMap<string, Answer>, wish: Wish = {}) =>
    recoverGalera.plan(runbookContext(twoAndAWitness), wish, found, RUN);
  const titlesWith = async (found: ReadonlyMap<string, Answer>) =>
    (await planWith(found)).phases.slice(0, 2).map((phase) => titlesOf(phase, found));

  it("starts members and arbitrator together where all of the last view are there", async () => {
    expect(await titlesWith(answers(crashed(0), crashed(1), arbitrator("inactive", 7)))).toEqual([
      [],
      [
        [
          "node-1: restore the saved primary component",
          "node-2: restore the saved primary component",
          "node-3: start the arbitrator",
        ],
      ],
    ]);
  });

  it("stops it before a member begins, as it has no position and may look for a component that is given up", async () => {
    const [, begin] = await titlesWith(answers(stopped(22), stopped(24, 1), arbitrator("active", 7)));
    expect(begin![0]).toEqual(["node-3: stop the arbitrator until there is a cluster that it can join"]);
    expect(begin!.flat().filter((title) => title.startsWith("node-3"))).toHaveLength(1);
    expect(begin!.at(-1)![0]).toContain("node-2: begin with the data of node-2");
  });

  it("lets it join at the very end, when members alone are a cluster", async () => {
    const { phases } = await planWith(answers(stopped(22), stopped(24, 1), arbitrator("active", 7)));
    const last = phases.at(-1)!;
    expect(last.title).toBe("let the arbitrator join the database cluster");
    expect(last.machines).toEqual(["node-3"]);
    expect(titlesOf(last, new Map([["node-3", { ...ok, code: 1 }]]))).toEqual([
      ["node-3: start the arbitrator"],
    ]);
    expect(titlesOf(last, new Map([["node-3", ok]]))).toEqual([]);
  });

  it("leaves the member that began as it is while it is alone with the arbitrator, which could give it nothing", async () => {
    const { phases } = await planWith(answers(stopped(22), stopped(24, 1), arbitrator("active", 7)));
    const ordinary = phases.find(({ title }) => title === "let the member that began be like the others")!;
    const said = (...stdout: readonly string[]) =>
      new Map(stdout.map((text, index) => [`node-${index + 1}`, { ...ok, stdout: text }]));
    expect(ordinary.decide(said("", "size\t2\nbegan\n"))).toEqual([]);
    expect(titlesOf(ordinary, said("size\t2\n", "size\t2\nbegan\n"))).toEqual([
      ["node-1: wait until no copy of the data runs", "node-2: wait until no copy of the data runs"],
      ["node-2: restart the member that began, as an ordinary one"],
    ]);
  });

  it("stops a member that was away at the end first: Galera restores nothing while a stranger is among them", async () => {
    const old = looking(0);
    const found = answers(old, crashed(1, [1, 2], 9), arbitrator("activating", 9, [1, 2]));
    const [, begin] = await titlesWith(found);
    expect(begin).toEqual([
      ["node-1: stop the database server"],
      ["node-2: restore the saved primary component"],
    ]);
  });

  it("goes on without one that does not answer, and says so", async () => {
    const plan = await planWith(answers(stopped(22), stopped(24, 1)));
    expect(plan.notes).toContain(
      "the arbitrator on node-3 does not answer: it joins by itself when it is back",
    );
    expect(plan.phases.some(({ machines }) => machines.includes("node-3"))).toBe(false);
  });
});
