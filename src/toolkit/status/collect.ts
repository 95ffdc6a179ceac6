import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import type { Service } from "../services/service.ts";
import type { Transport } from "../ssh/transport.ts";
import type { Answer, Command } from "../steps/command.ts";
import type { Machine, Topology } from "../topology/topology.ts";
import { aheadOfMedian, offsetOf, type Offset } from "./clock-offset.ts";
import type { Advice, ClusterStatus, MachineStatus, ServiceStatus } from "./cluster-status.ts";
import { parseMarks } from "./drain-marks.ts";
import { parseMachineFacts } from "./machine-facts.ts";
import { oneCommand, parseAnswers, type Answers } from "./one-command.ts";
import { formingPhases, questionsFor, type FormingPhase } from "./questions.ts";
import { readRuns } from "./runs-reader.ts";
import { SOURCES, type Evidence } from "./sources.ts";

export interface CollectOptions {
  readonly env: Env;
  /** No machine is waited for longer: one that has not answered by then is a row that says so. */
  readonly timeoutMs: number;
  /** Asked besides, of every machine; the answers go to `more` as they are. */
  readonly also?: (machine: Machine) => ReadonlyMap<string, Command>;
}

/** What a look gave: the status, and what was asked besides. */
export interface Look {
  readonly status: ClusterStatus;
  /** By machine, then by the names that `also` gave. */
  readonly more: ReadonlyMap<string, ReadonlyMap<string, Answer | "late">>;
}

/** What is left of the time limit for the way to the machine and back. */
const WAY_MS = 2_500;

/** The longest that one question may take on a machine. */
export function questionLimitMs(timeoutMs: number): number {
  return Math.max(timeoutMs / 2, timeoutMs - WAY_MS);
}

/** Asks every machine at once, each by one command; reads only. Never rejects for what a machine does or does not do. */
export async function collectStatus(
  topology: Topology,
  services: readonly Service[],
  transport: Transport,
  options: CollectOptions,
): Promise<ClusterStatus> {
  return (await look(topology, services, transport, options)).status;
}

/** Like collectStatus, with more questions. */
export async function look(
  topology: Topology,
  services: readonly Service[],
  transport: Transport,
  options: CollectOptions,
): Promise<Look> {
  const { env } = options;
  const at = env.now();
  const begin = env.monotonic();
  const phases = formingPhases(topology, services);
  const heard = await Promise.all(
    topology.machines.map(async (machine) => {
      const also = options.also?.(machine) ?? new Map<string, Command>();
      const questions = new Map([...questionsFor(topology, services, phases, machine), ...also]);
      return { machine, also, found: await askMachine(machine.name, questions, transport, options) };
    }),
  );
  const offsets = aheadOfMedian(
    new Map(heard.flatMap(({ machine, found }) => ("offset" in found ? [[machine.name, found.offset]] : []))),
  );
  const machines = heard.map(({ machine, found }) =>
    "answers" in found
      ? {
          ...machineStatus(topology, services, machine, found.answers),
          clock: offsets.get(machine.name)!,
        }
      : unreachable(machine, found),
  );
  const answersOf = new Map(
    heard.flatMap(({ machine, found }) =>
      "answers" in found ? [[machine.name, found.answers.answers] as const] : [],
    ),
  );
  const holds = (name: string) => textOf(answersOf.get(name)?.get("vip")).trim() !== "";
  return {
    status: {
      cluster: topology.cluster,
      vip: topology.network.vip,
      at,
      tookMs: Math.round(env.monotonic() - begin),
      machines,
      vipHolders: topology.machines.map(({ name }) => name).filter(holds),
      advice: phases.flatMap((phase) => adviceOf(phase, answersOf)),
    },
    more: new Map(
      heard
        .filter(({ machine }) => answersOf.has(machine.name))
        .map(({ machine, also }) => [
          machine.name,
          new Map([...also.keys()].map((name) => [name, answersOf.get(machine.name)!.get(name)!])),
        ]),
    ),
  };
}

interface Heard {
  readonly answers: Answers;
  readonly offset: Offset;
}

/** What the machine answered, or why it did not; after the time limit in any case. */
async function askMachine(
  machine: string,
  questions: ReadonlyMap<string, Command>,
  transport: Transport,
  { env, timeoutMs }: CollectOptions,
): Promise<Heard | UserError> {
  const command = oneCommand(questions, questionLimitMs(timeoutMs));
  const limit = new AbortController();
  const late = env
    .sleep(timeoutMs, limit.signal)
    .then(
      () =>
        new UserError(
          "STATUS_TIMEOUT",
          `${machine} did not answer within ${timeoutMs / 1000} s`,
          "see whether it runs and how loaded it is; --timeout waits longer",
        ),
    );
  // Nobody waits for it any more once the machine has answered.
  late.catch(() => undefined);
  const sent = env.now();
  try {
    const answer = await Promise.race([transport.run(machine, { ...command, timeoutMs }), late]);
    if (answer instanceof UserError) return answer;
    const answers = parseAnswers(questions, answer);
    return answers ? { answers, offset: offsetOf(sent, answers, env.now()) } : garbled(machine, answer);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  } finally {
    limit.abort();
  }
}

function garbled(machine: string, { code, stderr }: Answer): UserError {
  const said = stderr.trim().split("\n").at(-1) || `exit code ${code}`;
  return new UserError(
    "STATUS_UNREADABLE",
    `${machine} did not answer in full (${said})`,
    "log in and see whether a shell works there and /run or /tmp takes files",
  );
}

function unreachable({ name, address, roles }: Machine, { code, message, remedy }: UserError): MachineStatus {
  return {
    machine: name,
    address,
    roles: [...roles],
    unreachable: { code, message, remedy },
    services: [],
    evidence: {},
  };
}

function machineStatus(
  topology: Topology,
  services: readonly Service[],
  machine: Machine,
  { answers }: Answers,
): MachineStatus {
  const read = <T>(name: string, parse: (answer: Answer) => T): T | undefined => {
    const answer = answers.get(name);
    return answer === undefined || answer === "late" ? undefined : parse(answer);
  };
  const facts = read("facts", (answer) => (answer.code === 0 ? parseMachineFacts(answer) : undefined));
  const marks = read("marks", parseMarks);
  const runs = read("runs", readRuns);
  return {
    machine: machine.name,
    address: machine.address,
    roles: [...machine.roles],
    services: services
      .filter((service) => service.runsOn(topology, machine))
      .map((service) => serviceStatus(service.name, answers.get(`probe ${service.name}`)!)),
    ...(facts && { facts }),
    evidence: evidenceOf(read),
    ...(marks && { marks }),
    ...(runs && { runs }),
  };
}

function evidenceOf(read: <T>(name: string, parse: (answer: Answer) => T) => T | undefined): Evidence {
  const found = Object.entries(SOURCES).map(([name, source]) => [
    name,
    read<unknown>(`evidence ${name}`, (answer) => source.parse(answer)),
  ]);
  return Object.fromEntries(found.filter(([, evidence]) => evidence !== undefined)) as Evidence;
}

function serviceStatus(service: string, answer: Answer | "late"): ServiceStatus {
  if (answer === "late") return { service, isWorking: false, detail: "its probe did not end in time" };
  return { service, isWorking: answer.code === 0, detail: detailOf(answer) };
}

/** The forming phase knows what a tier lacks as a whole, and refuses with a remedy where a person must decide. */
function adviceOf(
  { service, phase }: FormingPhase,
  answersOf: ReadonlyMap<string, ReadonlyMap<string, Answer | "late">>,
): readonly Advice[] {
  const answers = new Map(
    phase.machines.map((machine) => [machine, answersOf.get(machine)?.get(`phase ${phase.title}`)]),
  );
  if (![...answers.values()].every((answer) => answer !== undefined && answer !== "late")) return [];
  try {
    const steps = phase.decide(answers as ReadonlyMap<string, Answer>).flat();
    if (steps.length === 0) return [];
    const todo = [...new Set(steps.map((step) => `${step.title} on ${step.machine}`))].join(", ");
    const machines = [...new Set(steps.map((step) => step.machine))];
    return [{ service, machines, message: `left to do: ${todo}`, remedy: "mbctl apply" }];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ service, machines: [], message: error.message, remedy: error.remedy }];
  }
}

function detailOf(answer: Answer): string {
  if (answer.code === 0) return "";
  const lines = (text: string) => text.split("\n").map((line) => line.trim());
  // nft says what is wrong first, then quotes the command, then marks the place with carets.
  const error = lines(answer.stderr).find((line) => line.startsWith("Error: "));
  const last = (text: string) => lines(text).findLast((line) => /\w/.test(line));
  return error ?? last(answer.stderr) ?? last(answer.stdout) ?? `exit code ${answer.code}`;
}

function textOf(answer: Answer | "late" | undefined): string {
  return answer === undefined || answer === "late" ? "" : answer.stdout;
}
