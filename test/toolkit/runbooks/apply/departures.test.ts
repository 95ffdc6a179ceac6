import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { buildBundle } from "../../../../src/toolkit/bundle/build.ts";
import { departuresPhase } from "../../../../src/toolkit/runbooks/apply/departures.ts";
import { factsCommand, parseFacts } from "../../../../src/toolkit/runbooks/apply/facts.ts";
import { services } from "../../../../src/toolkit/services/registry.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import type { Machine, Role, Topology } from "../../../../src/toolkit/topology/topology.ts";
import { runWith } from "../../services/shell.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";

/** The real scripts in a real shell; the manifest lies in a folder, and what a machine runs is said by stand-ins. */
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "mailbastion-departures-"))));
afterEach(() => rmSync(folder, { recursive: true }));

interface World {
  /** Paths in the manifest of each machine. */
  readonly owned: readonly string[];
  readonly active?: readonly string[];
  readonly enabled?: readonly string[];
  readonly vip?: string;
}

function answer(command: Command, { owned, active = [], enabled = [], vip }: World) {
  writeFileSync(join(folder, "manifest"), owned.map((path) => `${path}\n`).join(""));
  const argv = command.argv.map((word) =>
    word === "/var/lib/mailbastion-apply/manifest" ? join(folder, "manifest") : word,
  );
  const listed = (units: readonly string[]) => (units.length > 0 ? units.join(" | ") : "nothing");
  const programs = {
    ip: vip === undefined ? "exit 0" : `echo "2: eth0 inet ${vip}/32 scope global eth0"`,
    ss: "exit 0",
    systemctl: `
for unit; do :; done
case $1 in
  show) case $unit in ${listed(active)}) echo active ;; *) echo inactive ;; esac ;;
  is-enabled) case $unit in ${listed(enabled)}) ;; *) exit 1 ;; esac ;;
esac`,
  };
  return runWith(argv, { programs });
}

const without = (name: string, role: Role): Topology => ({
  ...threeMachines,
  machines: threeMachines.machines.map((machine) =>
    machine.name === name ? { ...machine, roles: machine.roles.filter((one) => one !== role) } : machine,
  ),
});

const BALANCER = ["/etc/keepalived/keepalived.conf", "/etc/haproxy/haproxy.cfg"];
const BOTH = ["keepalived.service", "haproxy.service"];
const VIP = threeMachines.network.vip;
const names = threeMachines.machines.map(({ name }) => name);

function decide(topology: Topology, worlds: Readonly<Record<string, World>>) {
  const phase = departuresPhase(topology, services, names);
  const answers = phase.machines.map(
    (name) => [name, answer(phase.observe(name), worlds[name] ?? { owned: [] })] as const,
  );
  return phase.decide(new Map(answers));
}

const titles = (stages: ReturnType<typeof decide>) =>
  stages.map((stage) => stage.map(({ machine, title }) => `${machine}: ${title}`));

describe("a machine that loses the role balancer", () => {
  it("stops keepalived and then HAProxy, for good, and is not told again", () => {
    const stages = decide(without("node-2", "balancer"), {
      "node-2": { owned: BALANCER, active: BOTH, enabled: BOTH },
    });
    expect(titles(stages)).toEqual([
      ["node-2: stop and disable keepalived.service"],
      ["node-2: stop and disable haproxy.service"],
    ]);
    expect(stages[0]![0]!.commands[0]!.argv).toEqual(["systemctl", "disable", "--now", "keepalived.service"]);
    expect(decide(without("node-2", "balancer"), { "node-2": { owned: BALANCER } })).toEqual([]);
  });

  it("hands the VIP over first where it bears it, and has it again where nobody takes it", () => {
    const stages = decide(without("node-2", "balancer"), {
      "node-2": { owned: BALANCER, active: BOTH, enabled: BOTH, vip: VIP },
    });
    expect(titles(stages)).toEqual([
      ["node-2: hold new clients back until the VIP is elsewhere, and disable keepalived.service"],
      ["node-2: stop and disable haproxy.service"],
    ]);
    const [step] = stages[0]!;
    expect(step!.verify!.title).toBe(`${VIP} is borne and served by another machine`);
    expect(step!.undo!.map(({ argv }) => argv.join(" "))).toEqual([
      "systemctl enable --now keepalived.service",
    ]);
  });

  it("is left alone with a keepalived and an HAProxy that apply never put a file for", () => {
    const stages = decide(without("node-2", "balancer"), {
      "node-2": { owned: [], active: BOTH, enabled: BOTH },
    });
    expect(stages).toEqual([]);
  });
});

describe("a member that lost its role before it ever ran", () => {
  it("does not start at the next boot, as Debian's package would have it", () => {
    const stages = decide(without("node-1", "cache"), {
      "node-1": { owned: ["/etc/redis/redis.conf"], enabled: ["redis-server.service"] },
    });
    expect(titles(stages)).toEqual([["node-1: stop and disable redis-server.service"]]);
  });
});

describe("the facts of a machine", () => {
  const started = (topology: Topology, world: World) => {
    const machine = topology.machines[1]!;
    const said = answer(factsCommand(topology, services, machine), world);
    // Its first lines are of the system that the test runs on.
    return parseFacts(machine, { ...said, stdout: `os debian\n${said.stdout}` }).startedUnits;
  };

  it("name the units of an earlier description that run, and none of somebody else", () => {
    const world = { owned: BALANCER, active: [...BOTH, "mariadb.service"] };
    expect(started(without("node-2", "balancer"), world)).toEqual(
      new Set([...BOTH, "mariadb.service"].toReversed()),
    );
    expect(started(without("node-2", "balancer"), { ...world, owned: [] })).toEqual(
      new Set(["mariadb.service"]),
    );
    expect(started(without("node-2", "database"), world).has("mariadb.service")).toBe(false);
  });
});

describe("the file by which a service is known to be ours", () => {
  const cases = services.flatMap((service) => {
    const found = [threeMachines, twoAndAWitness]
      .flatMap((topology) => topology.machines.map((machine): [Topology, Machine] => [topology, machine]))
      .find(([topology, machine]) => service.runsOn(topology, machine));
    return service.departure ? [[service.name, service.departure.file, found!] as const] : [];
  });

  it.each(cases)("of %s is %s, and apply puts it", (name, file, [topology, machine]) => {
    const { files } = buildBundle(topology, machine);
    expect(files.filter(({ service }) => service === name).map(({ path }) => path)).toContain(file);
  });

  it("is named by all that not every machine has", () => {
    const everywhere = services.filter(({ departure }) => !departure).map(({ name }) => name);
    expect(everywhere).toEqual(["kernel", "nftables"]);
  });
});
