import type Docker from "dockerode";
import { UserError } from "../../support/errors.ts";
import { MACHINE_LABEL } from "../containers/shapes.ts";
import type { Shapes } from "../containers/shape.ts";
import { shapeHash } from "./container-options.ts";
import type { Engine } from "./engine.ts";
import { LAB_LABEL, PROJECT_LABEL, SHAPE_LABEL } from "./labels.ts";
import { labPaths, readLabState, type LabState } from "./state.ts";

/**
 * The lab of that name when this project has it up, undefined when there is none.
 *
 * Throws LAB_NAME_TAKEN when another project has it, LAB_INCOMPLETE when a run that was killed left parts of it.
 */
export async function findLab(
  { docker }: Engine,
  { name, project }: { readonly name: string; readonly project: string },
): Promise<LabState | undefined> {
  const filters = { label: [`${LAB_LABEL}=${name}`] };
  const things = [
    ...(await docker.listContainers({ all: true, filters })),
    ...(await docker.listNetworks({ filters })),
  ];
  const owners = things.map(({ Labels }) => Labels?.[PROJECT_LABEL]);
  const other = owners.find((owner) => owner !== project);
  if (other !== undefined) {
    throw new UserError(
      "LAB_NAME_TAKEN",
      `a lab ${JSON.stringify(name)} is up on this machine and belongs to ${other}`,
      "take another name with --name, or that lab down in its own project",
    );
  }
  const state = await readLabState(labPaths(project, name));
  if (things.length === 0 && !state) return undefined;
  if (things.length > 0 && state) return state;
  throw new UserError(
    "LAB_INCOMPLETE",
    `of lab ${JSON.stringify(name)} there are only parts: it was ended while it was made, or its containers were removed by hand`,
    `remove them with \`mbctl lab down --name ${name}\` and run the command again`,
  );
}

/** Throws LAB_DIFFERS, with the machines' names, when the lab's containers are not what the description asks for now. */
export async function assertSame(docker: Docker, name: string, shapes: Shapes): Promise<void> {
  const filters = { label: [`${LAB_LABEL}=${name}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const there = new Map(containers.map(({ Labels }) => [Labels[MACHINE_LABEL]!, Labels[SHAPE_LABEL]]));
  const wanted = new Map(shapes.containers.map((shape) => [shape.machine, shapeHash(shape)]));
  const machines = [...new Set([...there.keys(), ...wanted.keys()])].toSorted();
  const different = machines.filter((machine) => there.get(machine) !== wanted.get(machine));
  if (different.length === 0) return;
  throw new UserError(
    "LAB_DIFFERS",
    `lab ${JSON.stringify(name)} is up with other machines than the description asks for now: ${different.join(", ")}`,
    `take it down with \`mbctl lab down --name ${name}\` and run the command again`,
  );
}
