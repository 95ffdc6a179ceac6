import { UserError } from "../../support/errors.ts";
import { parseCidr } from "../../support/ipv4.ts";
import type { Host } from "./host.ts";
import type { TakenNetwork } from "./subnet.ts";

/** Marks the lab's routes in the host's table, as a label does elsewhere. Any number free in /etc/iproute2/rt_protos. */
const PROTOCOL = "77";
/** Behind every route of a bridge (metric 0), so that it counts only when the bridge is gone. */
const METRIC = "4294900000";

interface Route {
  readonly dst: string;
  readonly type?: string;
  readonly dev?: string;
  readonly protocol?: string;
}

/** The networks that this machine has a route to. */
export async function routesOf(host: Host): Promise<readonly TakenNetwork[]> {
  const routes = await listRoutes(host, []);
  return routes.flatMap((route): TakenNetwork[] => {
    const cidr = parseCidr(route.dst.includes("/") ? route.dst : `${route.dst}/32`);
    if (!cidr) return [];
    const by =
      route.protocol === PROTOCOL
        ? "another lab"
        : `a route of this machine (${route.dev ?? route.type ?? "no device"})`;
    return [{ cidr, by }];
  });
}

/**
 * Makes sure that packets to the lab's network never leave this machine: without its bridge, in the moments of coming
 * and going, they would follow the default route into somebody's real network.
 *
 * Throws LAB_NEEDS_ROOT when the route may not be set.
 */
export async function addBlackhole(host: Host, cidr: string): Promise<void> {
  const answer = await host.run([
    "ip",
    "route",
    "replace",
    "blackhole",
    cidr,
    "proto",
    PROTOCOL,
    "metric",
    METRIC,
  ]);
  if (answer.code === 0) return;
  throw new UserError(
    "LAB_NEEDS_ROOT",
    `the route that keeps the lab's network ${cidr} on this machine could not be set: ${answer.stderr.trim()}`,
    "run the command again as root",
  );
}

/** The networks that routes of labs stand for, whether or not the lab is still there. */
export async function blackholes(host: Host): Promise<readonly string[]> {
  return (await listRoutes(host, ["type", "blackhole", "proto", PROTOCOL])).map(({ dst }) => dst);
}

export async function removeBlackhole(host: Host, cidr: string): Promise<void> {
  await host.run(["ip", "route", "del", "blackhole", cidr, "proto", PROTOCOL]);
}

async function listRoutes(host: Host, filter: readonly string[]): Promise<readonly Route[]> {
  const answer = await host.run(["ip", "-j", "route", "show", ...filter]);
  return answer.code === 0 && answer.stdout.trim() !== "" ? (JSON.parse(answer.stdout) as Route[]) : [];
}
