import { UserError } from "../../support/errors.ts";
import { secretPlaceholder, secretsIn } from "../../support/placeholder.ts";
import type { Service } from "../services/service.ts";
import type { Transport } from "../ssh/transport.ts";
import { ask, type Answer, type Command } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";
import { machinesWith, type Machine, type Topology } from "../topology/topology.ts";

/** What every machine answered about every service on it, and what is left to do for the tiers as wholes. */
export interface ClusterStatus {
  readonly cluster: string;
  readonly machines: readonly MachineStatus[];
  /** By address, as the machines say, not as a daemon believes: none, one, or in a split two. */
  readonly vipHolders: readonly string[];
  readonly advice: readonly Advice[];
}

export interface MachineStatus {
  readonly machine: string;
  readonly address: string;
  /** Why it could not be asked; absent for a machine that answered. */
  readonly unreachable?: string;
  readonly services: readonly ServiceStatus[];
}

export interface ServiceStatus {
  readonly service: string;
  readonly isWorking: boolean;
  /** What its probe said last on failure, "" otherwise. */
  readonly detail: string;
}

export interface Advice {
  readonly service: string;
  readonly message: string;
  /** What to type or to do. */
  readonly remedy: string;
}

/** A dead machine must be a red row, not a hang. */
const PROBE_TIMEOUT_MS = 20_000;

/** Asks every machine at once; reads only. */
export async function collectStatus(
  topology: Topology,
  services: readonly Service[],
  transport: Transport,
): Promise<ClusterStatus> {
  const secret = (name: string) => secretPlaceholder({ name, version: "1" });
  const machines = await Promise.all(
    topology.machines.map((machine) => machineStatus(topology, services, transport, machine)),
  );
  const reachable = new Set(
    machines.filter((status) => status.unreachable === undefined).map((status) => status.machine),
  );
  const phases = services.flatMap((service) =>
    service.form({ topology, secret }).map((phase) => ({ service: service.name, phase })),
  );
  const advice = await Promise.all(
    phases.map(({ service, phase }) => phaseAdvice(service, phase, reachable, transport)),
  );
  return {
    cluster: topology.cluster,
    machines,
    vipHolders: await vipHolders(topology, reachable, transport),
    advice: advice.flat(),
  };
}

async function machineStatus(
  topology: Topology,
  services: readonly Service[],
  transport: Transport,
  machine: Machine,
): Promise<MachineStatus> {
  const { name, address } = machine;
  const own = services.filter((service) => service.runsOn(topology, machine));
  const asked = await Promise.all(
    own.map(async (service) => ({
      service: service.name,
      found: await probe(transport, name, service.probe(topology, machine)),
    })),
  );
  const silent = asked.map(({ found }) => found).filter((found) => found instanceof UserError);
  // One probe that hangs is a service that fails; when none comes back, it is the machine.
  if (silent.length === own.length && silent[0]) {
    return { machine: name, address, unreachable: silent[0].message, services: [] };
  }
  return {
    machine: name,
    address,
    services: asked.map(({ service, found }) =>
      found instanceof UserError
        ? { service, isWorking: false, detail: found.message }
        : { service, isWorking: found.code === 0, detail: detailOf(found) },
    ),
  };
}

/** The answer, or why none came back. */
async function probe(transport: Transport, machine: string, command: Command): Promise<Answer | UserError> {
  try {
    return await transport.run(machine, limited(command));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** The forming phase knows what a tier lacks as a whole, and refuses with a remedy where a person must decide. */
async function phaseAdvice(
  service: string,
  phase: Phase,
  reachable: ReadonlySet<string>,
  transport: Transport,
): Promise<readonly Advice[]> {
  if (!phase.machines.every((machine) => reachable.has(machine)) || needsSecret(phase)) return [];
  try {
    const answers = await Promise.all(
      phase.machines.map(
        async (machine) => [machine, await transport.run(machine, limited(phase.observe(machine)))] as const,
      ),
    );
    const steps = phase.decide(new Map(answers)).flat();
    if (steps.length === 0) return [];
    const todo = [...new Set(steps.map((step) => `${step.title} on ${step.machine}`))].join(", ");
    return [{ service, message: `left to do: ${todo}`, remedy: "mbctl apply" }];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ service, message: error.message, remedy: error.remedy }];
  }
}

/** Asking whether an account has the right password needs the password: status does without the vault. */
function needsSecret(phase: Phase): boolean {
  return phase.machines.some((machine) => {
    const { stdin } = phase.observe(machine);
    return typeof stdin === "string" && secretsIn(stdin).length > 0;
  });
}

async function vipHolders(
  topology: Topology,
  reachable: ReadonlySet<string>,
  transport: Transport,
): Promise<readonly string[]> {
  const balancers = machinesWith(topology, "balancer").filter((machine) => reachable.has(machine.name));
  const command = ask(["ip", "-o", "-4", "address", "show", "to", `${topology.network.vip}/32`]);
  const answers = await Promise.all(
    balancers.map(async ({ name }) => ({
      name,
      answer: await transport.run(name, limited(command)).catch(() => undefined),
    })),
  );
  return answers
    .filter(({ answer }) => answer !== undefined && answer.stdout.trim() !== "")
    .map(({ name }) => name);
}

function limited(command: Command): Command {
  return { ...command, timeoutMs: Math.min(command.timeoutMs ?? PROBE_TIMEOUT_MS, PROBE_TIMEOUT_MS) };
}

function detailOf(answer: Answer): string {
  if (answer.code === 0) return "";
  const lines = `${answer.stderr}\n${answer.stdout}`.split("\n").map((line) => line.trim());
  // nft says what is wrong first, then quotes the command, then marks the place with carets.
  const error = lines.find((line) => line.startsWith("Error: "));
  return error ?? lines.findLast((line) => /\w/.test(line)) ?? `exit code ${answer.code}`;
}
