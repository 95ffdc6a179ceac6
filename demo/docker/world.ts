import { PORTS } from "../../src/contract/ports.ts";
import { exec, type Lab } from "../../src/toolkit/lab/lab.ts";
import type { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { kill, powerState, start } from "../../src/toolkit/lab/power.ts";
import { machineNamed, machinesWith } from "../../src/toolkit/topology/topology.ts";
import { mailnode } from "../../src/toolkit/services/mailnode/service.ts";
import type { World } from "../scenario.ts";

const LOOK_MS = 200;
const LIMIT_MS = 120_000;

/** The cluster of a lab, as the scenario sees it. */
export function labWorld(lab: Lab, nextHop: NextHop): World {
  const { topology } = lab.state;
  const { vip } = topology.network;
  const balancers = machinesWith(topology, "balancer").map(({ name }) => name);

  const bearsVip = async (machine: string): Promise<boolean> => {
    if ((await powerState(lab, machine)) !== "running") return false;
    const { stdout } = await exec(lab, machine, ["ip", "-o", "-4", "address", "show", "to", `${vip}/32`]);
    return stdout.trim() !== "";
  };

  return {
    smtp: { host: vip, port: PORTS.smtp },
    nextHop,
    async holder() {
      for (const machine of balancers) if (await bearsVip(machine)) return machine;
      throw new Error("no balancer bears the VIP");
    },
    async gather(holder) {
      const others = machinesWith(topology, "mail").filter(({ name }) => name !== holder);
      for (const { name } of others) await haproxy(lab, holder, `set server smtp/${name} state drain`);
    },
    kill: (machine) => kill(lab, machine),
    async start(machine) {
      await start(lab, machine);
      const { argv } = mailnode.probe(topology, machineNamed(topology, machine));
      await until(
        `the mail node of ${machine} works`,
        async () => (await exec(lab, machine, argv)).code === 0,
      );
    },
  };
}

/** HAProxy answers a command that it took with an empty line, and one that it refused with the reason. */
async function haproxy(lab: Lab, machine: string, command: string): Promise<void> {
  const { code, stdout, stderr } = await exec(lab, machine, [
    "sh",
    "-c",
    'echo "$1" | socat stdio /run/haproxy/admin.sock',
    "sh",
    command,
  ]);
  const said = `${stdout}${stderr}`.trim();
  if (code !== 0 || said !== "") throw new Error(`HAProxy on ${machine} refused "${command}": ${said}`);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`${LIMIT_MS / 1000} s later it is still not so that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
