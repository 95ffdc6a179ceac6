import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { threeMachines } from "../toolkit/fixtures/three-machines.ts";
import { acquireLab } from "./acquire-lab.ts";
import { HostsProject } from "./project.ts";

/** The cluster whose life cluster.e2e.ts begins and later files go on with; made here where a file runs alone. */
export async function acquireCluster(): Promise<{ readonly lab: Lab; readonly project: HostsProject }> {
  const lab = await acquireLab({ ...threeMachines, cluster: "hosts" }, "cluster", "bare");
  const project = await HostsProject.of(lab);
  await project.succeeds("trust");
  if (!(await project.isWhole())) await project.succeeds("apply");
  return { lab, project };
}
