import type { Service } from "../../services/service.ts";
import { act, ask } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";

/** System accounts, each with a group of its name, which own files or run services: before either is there. */
export function usersPhase(topology: Topology, services: readonly Service[]): Phase {
  const usersOf = (name: string) => {
    const machine = machineNamed(topology, name);
    return services
      .filter((service) => service.runsOn(topology, machine))
      .flatMap((service) => service.users(topology, machine));
  };
  return {
    title: "make system accounts",
    machines: topology.machines.map((machine) => machine.name).filter((name) => usersOf(name).length > 0),
    observe: (machine) => ask(["getent", "passwd", ...usersOf(machine)]),
    decide: (answers) => {
      const steps = [...answers].flatMap(([machine, answer]) => {
        const there = new Set(answer.stdout.split("\n").map((line) => line.split(":")[0]));
        const missing = usersOf(machine).filter((user) => !there.has(user));
        return missing.map((user) => ({
          title: `make the account ${user}`,
          machine,
          commands: [act([...USERADD, user])],
        }));
      });
      return steps.length > 0 ? [steps] : [];
    },
  };
}

const USERADD = [
  "useradd",
  "--system",
  "--user-group",
  "--no-create-home",
  "--home-dir",
  "/nonexistent",
  "--shell",
  "/usr/sbin/nologin",
];
