import { PORTS } from "../../contract/ports.ts";
import { shapes } from "../containers/shapes.ts";
import { PROJECT_LABEL } from "./labels.ts";
import { readHostKeys } from "./host-keys.ts";
import { ensureLabKey } from "./lab-key.ts";
import { labMachine, type Lab } from "./lab.ts";
import { makeMachines } from "./make-machines.ts";
import { waitForSsh, waitForSystem } from "./ready.ts";
import { shapeOptions } from "./up.ts";

/**
 * Takes a machine away with all its data, and makes a blank one under its name and address: new disks, new host keys,
 * which the lab learns. Resolves when sshd answers.
 *
 * Throws LAB_MACHINE_UNKNOWN. A call that was ended in the middle leaves a lab without this machine; then only
 * `mbctl lab down` helps.
 */
export async function remake(lab: Lab, machine: string): Promise<void> {
  const { docker } = lab.engine;
  const { container: name, address } = labMachine(lab, machine);
  const old = docker.getContainer(name);
  const project = (await old.inspect()).Config.Labels[PROJECT_LABEL]!;
  const authorizedKey = await ensureLabKey(lab.paths, lab.state.name);
  const options = shapeOptions({ name: lab.state.name, project, image: lab.state.image }, authorizedKey);
  const made = shapes(lab.state.topology, options);
  const shape = made.containers.find((each) => each.machine === machine)!;
  const own = made.volumes.filter((volume) => shape.volumes.some((mount) => mount.volume === volume.name));

  await old.remove({ force: true, v: true });
  await Promise.all(own.map((volume) => docker.getVolume(volume.name).remove()));
  await makeMachines(docker, lab.host, { networks: [], volumes: own, containers: [shape] });
  await waitForSystem(docker, machine, name);
  await waitForSsh(machine, address, PORTS.ssh);
  await readHostKeys(lab);
}
