import type { SecretStore } from "../../../../src/toolkit/vault/vault.ts";
import { secretPlaceholder } from "../../../../src/support/placeholder.ts";
import { Secret } from "../../../../src/support/secret.ts";
import { buildBundles } from "../../../../src/toolkit/bundle/build.ts";
import { applyPhases } from "../../../../src/toolkit/runbooks/apply/apply.ts";
import { apply } from "../../../../src/toolkit/runbooks/apply/runbook.ts";
import { backup } from "../../../../src/toolkit/runbooks/backup/backup.ts";
import { restore } from "../../../../src/toolkit/runbooks/backup/restore.ts";
import { cachePhases, databasePhases } from "../../../../src/toolkit/runbooks/backup/restore-phases.ts";
import { addMachine, planAdd } from "../../../../src/toolkit/runbooks/machines/add.ts";
import { planReplace, replaceMachine } from "../../../../src/toolkit/runbooks/machines/replace.ts";
import {
  planRotateCertificates,
  rotateCertificates,
} from "../../../../src/toolkit/runbooks/rotate/certificates.ts";
import { planRotateSecrets, rotateSecrets } from "../../../../src/toolkit/runbooks/rotate/secrets.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import { together } from "../backup/a-backup.ts";
import { answersWithout, contextOf, five } from "../machines/whole.ts";
import { factsOf, withVault } from "../rotate/vault.ts";
import { beganCluster } from "../../../../src/toolkit/runbooks/recover/galera-commands.ts";
import { findRunbook } from "../../../../src/toolkit/runbooks/registry.ts";
import type { AnyRunbook, RunbookContext } from "../../../../src/toolkit/runbooks/runbook.ts";
import {
  planUpgrade,
  upgrade,
  type UpgradeArguments,
} from "../../../../src/toolkit/runbooks/upgrade/upgrade.ts";
import { vipHere } from "../../../../src/toolkit/services/keepalived/handover.ts";
import { lookAtMachine } from "../../../../src/toolkit/release/index.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { answers as members, crashed, inService } from "../../services/galera/recorded.ts";
import { answersOf, markOf } from "../drain/answers.ts";
import { LEADERS, part, wholeCluster } from "../rolling/whole-cluster.ts";
import { RUN, runbookContext } from "../runbook-context.ts";
import { ok } from "./model-books.ts";
import type { Look } from "./model-machines.ts";
import { effectOf } from "./step-index.ts";

/** A runbook in a situation in which it has everything to do. */
export interface Fixture {
  readonly runbook: AnyRunbook;
  /** What was typed. */
  readonly command: string;
  readonly arguments: unknown;
  /** What its survey finds. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** What its looking phases find. Default: nothing. */
  readonly look?: Look;
  readonly context?: RunbookContext;
  /** It holds a whole apply, which is killed by itself: here only what it does besides. */
  readonly holdsApply?: boolean;
}

type Situation = Omit<Fixture, "runbook" | "command"> & Partial<Fixture>;

const drainedBy = (work: "drain" | "maintenance") => {
  const mark = markOf({ machine: "node-1", owner: "eve@desk", work });
  return answersOf({
    "node-1": { mark, hasVipMark: true, bearsVip: false, drains: { "node-1": mark } },
    "node-2": { bearsVip: true, drains: { "node-1": mark }, cache: "master" },
  });
};

const said = (each: readonly string[]): ReadonlyMap<string, Answer> =>
  new Map(each.map((stdout, index) => [`node-${index + 1}`, ok(stdout)]));

const vipOfFirst = `@vip 0\n|2: eth0    inet 192.168.1.100/32 scope global eth0\n`;
const balancer = "@mark 1\n@keepalived 0\n@haproxy 0\n";
const writer = `@writer 0\n|writer node-1\n${[1, 2, 3].map((n) => `|status node-${n} UP\n|admin node-${n} 0\n`).join("")}`;
const OLD = "processor x86_64\ncurrent 0.1.0-old\nrelease 0.1.0-old node-v24-linux-x64\nrunning 0.1.0-old\n";
const RELEASE = {
  id: "0.2.0-new",
  archive: "/cache/mbnode-0.2.0-new.tar.gz",
  runtimes: { x64: { name: "node-v24-linux-x64", archive: "/cache/node.tar.gz" } },
};
const MEMBERS = ["node-1", "node-2", "node-3"] as const;
const HANDOVER = "hold new clients back until the VIP is elsewhere";

/** The VIP is on node-1 until that one hands it over. */
const vipMoves: Look = (machine, _command, isDone) =>
  ok(machine === (isDone("node-1", HANDOVER) ? "node-2" : "node-1") ? "2: eth0 inet 192.168.1.100/32" : "");

/** The same, and the machines answer as they did when they are asked once more before something is stopped on one of them. */
const vipMovesAmid =
  (again: (machine: string) => Answer): Look =>
  (machine, command, isDone) =>
    effectOf(command) === effectOf(vipHere(threeMachines.network.vip))
      ? vipMoves(machine, command, isDone)
      : again(machine);

/** A machine on which nothing of ours is yet. */
const bare: Look = (_machine, command) => {
  if (effectOf(command) === effectOf(lookAtMachine)) return ok("processor x86_64\n");
  const isOneOfSeveral = lookAtMachine.argv.every((word) => command.argv.includes(word));
  return ok(isOneOfSeveral ? "@release 0\n|processor x86_64\n" : "");
};

/** What a machine's storage daemon knows of itself and of the others. */
function poolOf(name: string): string {
  const peers = threeMachines.machines.filter((one) => one.name !== name);
  return [
    `file /var/lib/glusterd/glusterd.info\nUUID=id-${name}\noperating-version=110000`,
    ...peers.map(
      (one) =>
        `file /var/lib/glusterd/peers/x\nuuid=id-${one.name}\nstate=3\nhostname1=${one.name}.lan\nhostname2=${one.address}`,
    ),
  ].join("\n");
}

const MEMBER = `@status
wsrep_local_state_comment\tSynced
wsrep_cluster_state_uuid\t82427ec6-e685-11f1-923a-a2e7766fb756
wsrep_cluster_status\tPrimary
wsrep_connected\tON
wsrep_ready\tON
version\t10.11.19-MariaDB
@copying`;
const cacheOf = (name: string) =>
  `redis_version:7.0.15\nrole:${name === "node-1" ? "master" : "slave"}\nmaster_host:192.168.1.101\nmaster_link_status:up\nmaster_sync_in_progress:0\n`;

/** A member that sees all three. */
const whole = ({ stdout }: Answer): Answer =>
  ok(stdout.replace("wsrep_connected", "wsrep_cluster_size\t3\nwsrep_connected"));

const situations: Readonly<Record<string, () => Situation | Promise<Situation>>> = {
  apply: firstApply,
  drain: () => ({ arguments: { machine: "node-1" }, answers: answersOf(), look: vipMoves }),
  undrain: () => ({ arguments: { machine: "node-1" }, answers: drainedBy("drain") }),
  "maintenance enter": () => {
    const answers = answersOf({
      "node-1": { storage: "ok" },
      "node-2": { storage: "ok" },
      "node-3": { storage: "ok" },
    });
    return {
      arguments: { machine: "node-1", reason: "a new disk" },
      answers,
      look: vipMovesAmid((machine) => ok(part("survey", answers.get(machine)!.stdout))),
    };
  },
  "maintenance exit": () => ({ arguments: { machine: "node-1" }, answers: drainedBy("maintenance") }),
  "failover balancer": () => ({
    arguments: { to: "node-2" },
    answers: said([vipOfFirst + balancer, `@vip 0\n${balancer}`]),
  }),
  "failover mail-leader": () => ({ arguments: { to: "node-3" }, answers: answersOf() }),
  "failover cache": () => ({ arguments: { to: "node-3" }, answers: answersOf() }),
  "failover database-writer": () => ({
    arguments: { to: "node-3" },
    answers: said([vipOfFirst + writer, `@vip 0\n${writer}`]),
  }),
  restart: () => {
    const answers = wholeCluster();
    return { arguments: {}, answers, look: vipMovesAmid((machine) => answers.get(machine)!) };
  },
  upgrade: () => ({
    // The program itself is built elsewhere.
    runbook: {
      ...upgrade,
      plan: (context, args, answers, run) =>
        planUpgrade(context, args as UpgradeArguments, answers, run, RELEASE),
    },
    arguments: {},
    answers: wholeCluster(LEADERS, undefined, () => part("release", OLD)),
    look: () => ok(OLD),
  }),
  "recover galera": () => ({
    arguments: {},
    answers: members(crashed(0), crashed(1), crashed(2)),
    look: (machine, command, isDone) => {
      if (effectOf(command) === effectOf(beganCluster())) return ok("size\t3\n");
      const isBack = MEMBERS.every((name) => isDone(name, "restore the saved primary component"));
      const index = MEMBERS.indexOf(machine as (typeof MEMBERS)[number]);
      return isBack ? whole(inService(index)) : crashed(index);
    },
  }),
  "recover storage": () => ({
    arguments: {},
    answers: said(
      [true, false, true].map(
        (runs) =>
          `@daemon ${runs ? 0 : 3}\n@brick 1\n${runs ? "|@peers\n|@bricks\n|192.168.1.101 1\n|192.168.1.102 0\n|192.168.1.103 1\n|@heal\n|Total Number of entries: 3\n" : ""}@mount ${runs ? 0 : 1}\n`,
      ),
    ),
    // Of the files in split-brain.
    look: () => ok("Brick 192.168.1.101:/b\nNumber of entries in split-brain: 0\n"),
  }),
  "add machine": async () => {
    const given = { machines: ["node-4", "node-5"] };
    const answers = answersWithout(five, given.machines);
    return {
      runbook: planned(
        addMachine,
        await planAdd(contextOf(five), given, answers, RUN, () => Promise.resolve(RELEASE)),
      ),
      arguments: given,
      answers,
      look: bare,
      context: contextOf(five),
      holdsApply: true,
    };
  },
  "remove machine": () => ({
    arguments: { machines: ["node-4", "node-5"] },
    answers: wholeCluster(LEADERS, five),
    look: vipMoves,
    context: runbookContext(five),
  }),
  "replace machine": async () => {
    const given = { machine: "node-2" };
    const answers = answersWithout(
      threeMachines,
      [given.machine],
      (name) => part("pool", poolOf(name)),
      part("held", ""),
    );
    const context = contextOf(threeMachines);
    const plan = await planReplace(context, given, answers, RUN, () => Promise.resolve(RELEASE));
    const runbook = planned(replaceMachine, plan);
    return { runbook, arguments: given, answers, look: bare, context, holdsApply: true };
  },
  "rotate secrets": async () => {
    const { context } = await withVault();
    const plan = await planRotateSecrets(context, { names: [] }, factsOf(), RUN, () =>
      Promise.resolve(RELEASE),
    );
    const runbook = planned(rotateSecrets, plan);
    return { runbook, arguments: {}, answers: factsOf(), look: bare, holdsApply: true };
  },
  "rotate certificates": async () => {
    const { context } = await withVault();
    const plan = await planRotateCertificates(context, { authority: true }, factsOf(), RUN, () =>
      Promise.resolve(RELEASE),
    );
    const runbook = planned(rotateCertificates, plan);
    const given = { authority: true };
    return { runbook, arguments: given, answers: factsOf(), look: bare, holdsApply: true };
  },
  backup: async () => {
    const given = { to: "/srv/backups" };
    const context = { ...runbookContext(), environment: { HOME: "/home/eve" } };
    const answers = new Map(
      MEMBERS.map((name) => [
        name,
        together({ drained: "", writer: "writer node-1", database: MEMBER, cache: cacheOf(name) }),
      ]),
    );
    const plan = await backup.plan(context, given, answers, RUN);
    return { runbook: planned(backup, plan), arguments: given, answers, context };
  },
  restore: () => {
    const [first, ...others] = threeMachines.machines;
    const copy = { localFile: "/srv/backups/copy", keyFile: "/home/eve/acme.key" };
    const caches = { master: first!, replicas: others, sentinels: threeMachines.machines };
    const phases = [
      ...databasePhases({ members: threeMachines.machines }, { ...copy, bytes: 9 }, RUN.id),
      ...cachePhases(caches, copy, RUN.id),
    ];
    return {
      runbook: planned(restore, { phases }),
      arguments: { folder: "/srv/backups/acme" },
      answers: new Map(MEMBERS.map((name) => [name, ok()])),
    };
  },
};

/**
 * The runbook with a plan that was made once: to make secrets, or to read a backup, takes too long for a thousand times.
 * What such a plan does on the operator's own computer is left to the tests of that runbook.
 */
function planned(runbook: AnyRunbook, { before: _before, conclude: _conclude, ...plan }: Plan): AnyRunbook {
  return { ...runbook, plan: () => plan };
}

/** Three bare machines: every package, file and service is to come. */
function firstApply(): Situation {
  const secrets: SecretStore = { versions: () => new Map(), reveal: () => new Secret("x".repeat(24)) };
  const bundles = buildBundles(threeMachines, { services });
  const resolverOf = () => ({ secret: () => "x".repeat(24), fact: () => "eth0" });
  const phases = applyPhases({
    topology: threeMachines,
    services,
    bundles,
    release: RELEASE,
    resolverOf,
    secret: (name) => secretPlaceholder({ name, version: "1" }),
    overwrite: false,
  });
  return {
    runbook: { ...apply, plan: () => ({ phases, resolverOf }) },
    arguments: { overwrite: false },
    answers: new Map(MEMBERS.map((name) => [name, ok()])),
    look: bare,
    context: { ...runbookContext(), secrets: () => Promise.resolve(secrets) },
  };
}

const made = new Map<string, Promise<Fixture>>();

/** Throws where a runbook has no situation here. */
export function fixtureOf(name: string): Promise<Fixture> {
  const fixture = made.get(name) ?? make(name);
  made.set(name, fixture);
  return fixture;
}

async function make(name: string): Promise<Fixture> {
  const situation = situations[name];
  if (!situation)
    throw new Error(`the runbook "${name}" has no situation in ${import.meta.filename}: add one`);
  return { runbook: findRunbook(name), command: `mbctl ${name}`, ...(await situation()) };
}

export const fixtureNames: readonly string[] = Object.keys(situations);
