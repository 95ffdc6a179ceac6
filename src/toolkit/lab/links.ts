import { UserError } from "../../support/errors.ts";
import { labMachine, type Lab } from "./lab.ts";

const CHAINS = { INPUT: "MAILBASTION-LAB-IN", OUTPUT: "MAILBASTION-LAB-OUT" } as const;
type Direction = keyof typeof CHAINS;
/**
 * The first that works. A machine's own firewall is nftables and may flush its whole ruleset when it is loaded again;
 * the legacy tables are apart from it.
 */
const TOOLS = ["iptables-legacy", "iptables"] as const;
const ROOT = "install iptables on this machine and run the command as root";

/**
 * Drops silently what machine `from` sends to machine `to`, and the other way round too unless `oneWay`. Packets are
 * known by their sender's MAC address, so that traffic to and from the VIP is cut with the rest. ARP still passes.
 *
 * Undone by heal, and by the machine's next start. Throws LAB_CUT_FAILED when the rules cannot be set.
 */
export async function cut(lab: Lab, from: string, to: string, oneWay = false): Promise<void> {
  const pairs = oneWay ? [[from, to]] : [[from, to], [to, from]]; // prettier-ignore
  for (const [sender, receiver] of pairs) {
    const { mac } = await endpoint(lab, sender!);
    if (mac === "") throw failed(sender!, "it is not running", "start it first");
    await addRule(lab, receiver!, "INPUT", ["-m", "mac", "--mac-source", mac, "-j", "DROP"]);
  }
}

/** Drops silently all that a machine sends and receives; only its loopback goes on, and the engine's own way in. */
export async function isolate(lab: Lab, machine: string): Promise<void> {
  await addRule(lab, machine, "INPUT", ["!", "-i", "lo", "-j", "DROP"]);
  await addRule(lab, machine, "OUTPUT", ["!", "-o", "lo", "-j", "DROP"]);
}

/** Undoes every cut and isolation of the lab. */
export async function heal(lab: Lab): Promise<void> {
  for (const { name } of lab.state.topology.machines) {
    const { pid } = await endpoint(lab, name);
    // A machine without power has lost its rules already.
    if (pid === 0) continue;
    const iptables = await toolFor(lab, name, pid);
    for (const [direction, chain] of Object.entries(CHAINS)) {
      if ((await iptables(["-F", chain])).code !== 0) continue;
      await iptables(["-D", direction, "-j", chain]);
      await iptables(["-X", chain]);
    }
  }
}

async function addRule(
  lab: Lab,
  machine: string,
  direction: Direction,
  rule: readonly string[],
): Promise<void> {
  const { pid } = await endpoint(lab, machine);
  if (pid === 0) throw failed(machine, "it is not running", "start it first");
  const iptables = await toolFor(lab, machine, pid);
  const chain = CHAINS[direction];
  if ((await iptables(["-N", chain])).code === 0) await iptables(["-I", direction, "-j", chain]);
  const answer = await iptables(["-A", chain, ...rule]);
  if (answer.code !== 0) throw failed(machine, answer.stderr.trim(), ROOT);
}

/** iptables of this machine, in the network namespace of that one. */
async function toolFor(lab: Lab, machine: string, pid: number) {
  for (const tool of TOOLS) {
    const run = (args: readonly string[]) =>
      lab.host.run(["nsenter", "-t", String(pid), "-n", tool, "-w", ...args]);
    if ((await run(["-n", "-L", "INPUT"])).code === 0) return run;
  }
  throw failed(machine, `neither ${TOOLS.join(" nor ")} works in its network`, ROOT);
}

/** The container's place on the host. The process id is 0 while it has no power. */
async function endpoint(lab: Lab, machine: string): Promise<{ readonly pid: number; readonly mac: string }> {
  const found = await lab.engine.docker.getContainer(labMachine(lab, machine).container).inspect();
  return { pid: found.State.Pid, mac: found.NetworkSettings.Networks[lab.state.network]?.MacAddress ?? "" };
}

function failed(machine: string, why: string, remedy: string): UserError {
  return new UserError(
    "LAB_CUT_FAILED",
    `the network of machine ${machine} could not be cut: ${why}`,
    remedy,
  );
}
