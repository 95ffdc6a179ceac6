import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { shellOn } from "./shell-on.ts";

const LOSE = `
systemctl kill --signal=KILL mariadb
systemctl stop mariadb redis-sentinel redis-server
find /var/lib/mysql /var/lib/redis -mindepth 1 -delete`;

/** Machines lose everything that a backup is a copy of: the data of database and cache. */
export async function loseData(lab: Lab, machines: readonly string[]): Promise<void> {
  await Promise.all(machines.map((machine) => shellOn(lab, machine, LOSE)));
}
