import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import { nearest } from "../../../support/nearest.ts";
import type { Service } from "../../services/service.ts";
import { machineNamed, type Topology } from "../../topology/topology.ts";
import { drainArguments } from "../drain/arguments.ts";
import { startPhases, stopPhases } from "../maintenance/service-phases.ts";
import type { Runbook } from "../runbook.ts";
import { batches, batchSize } from "./batches.ts";
import { inOrder, lookAt, readLook, requireWhole } from "./look.ts";
import { workOnBatch } from "./one-by-one.ts";

const restartArguments = drainArguments.omit({ machine: true, force: true }).extend({
  /** The services to restart; none for all. */
  services: z.array(z.string()).default([]),
  batch: z.string().default("1"),
});
export type RestartArguments = z.output<typeof restartArguments>;

/** Restarts services on all machines, one after the other, each of them drained meanwhile. */
export const rollingRestart: Runbook<RestartArguments> = {
  name: "restart",
  summary: "restart services on all machines, one after the other, without losing mail",
  arguments: restartArguments,
  // What it left behind is a drained machine: that is to be resumed, not looked at anew.
  isRepeatable: false,
  survey: ({ topology, services }) => ({
    machines: topology.machines.map(({ name }) => name),
    command: (name) => lookAt(topology, services, machineNamed(topology, name)),
  }),
  plan: ({ topology, services }, args, answers, run) => {
    const chosen = chosenServices(topology, services, args.services);
    const look = readLook(topology, answers);
    requireWhole("a rolling restart", look);
    const machines = topology.machines.filter((machine) => stopPhases(topology, chosen, machine).length > 0);
    const size = batchSize(args.batch, machines.length);
    const reason = args.reason || "rolling restart";
    const around = { topology, services, look, times: { ...args, reason }, run };
    const cut = batches(inOrder(machines, look), size);
    return {
      phases: cut.flatMap((batch) =>
        workOnBatch(
          batch.map((machine) => ({
            machine,
            phases: [...stopPhases(topology, chosen, machine), ...startPhases(topology, chosen, machine)],
          })),
          around,
        ),
      ),
      notes: [
        `in this order: ${cut.map((batch) => batch.map(({ name }) => name).join(" with ")).join(", then ")}`,
        "a machine whose services do not come back stays drained: mend it and type mbctl resume",
      ],
      next: "mbctl status",
    };
  },
};

/** In the order of starting. Throws SERVICE_UNKNOWN. */
function chosenServices(
  topology: Topology,
  services: readonly Service[],
  names: readonly string[],
): readonly Service[] {
  const restartable = services.filter((service) =>
    topology.machines.some((machine) => stopPhases(topology, [service], machine).length > 0),
  );
  if (names.length === 0) return restartable;
  const known = restartable.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new UserError(
      "SERVICE_UNKNOWN",
      `${JSON.stringify(name)} is no service of this cluster that can be restarted`,
      near ? `did you mean ${near}?` : `name one of ${known.join(", ")}`,
    );
  }
  return restartable.filter(({ name }) => names.includes(name));
}
