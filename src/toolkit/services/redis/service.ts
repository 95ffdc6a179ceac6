import { PORTS } from "../../../contract/ports.ts";
import { voterRoles } from "../../topology/voters.ts";
import type { Service } from "../service.ts";
import { redisFiles } from "./files.ts";
import { formCachePhase } from "./form-cache.ts";
import { CONFIG_PATH, PASSWORD_SECRET, SERVER_UNIT } from "./names.ts";
import { cacheProbe } from "./probe.ts";

/** Redis: one master, the other cache machines follow it. */
export const redis: Service = {
  name: "redis",
  runsOn: (_topology, machine) => machine.roles.includes("cache"),
  packages: () => ["redis-server"],
  users: () => [],
  listens: (topology) => [
    {
      port: PORTS.cache,
      protocol: "tcp",
      on: "machine",
      from: ["balancer", ...voterRoles(topology, "cache")],
      program: "redis-server",
    },
    { port: PORTS.cache, protocol: "tcp", on: "loopback", from: "self", program: "redis-server" },
  ],
  secrets: () => [{ kind: "password", name: PASSWORD_SECRET, length: 32 }],
  files: redisFiles,
  units: () => [{ name: SERVER_UNIT, state: "running", enabled: true }],
  probe: (_topology, machine) => cacheProbe(machine),
  form: (context) => [formCachePhase(context)],
  departure: { file: CONFIG_PATH, by: "refusal" },
};
