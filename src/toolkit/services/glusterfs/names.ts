import { PORTS } from "../../../contract/ports.ts";

export const GLUSTERD_UNIT = "glusterd.service";
export const CONFIG_PATH = "/etc/glusterfs/glusterd.vol";

/** One brick per machine, and room for one that comes back while its old port is still in use. */
export const LAST_BRICK_PORT = PORTS.glusterBricks + 19;

/** What every GlusterFS process is made of. Each of these may be newer than the package that asks for it. */
export const PROCESS_PACKAGES = [
  "glusterfs-common",
  "libgfapi0",
  "libgfchangelog0",
  "libgfrpc0",
  "libgfxdr0",
  "libglusterd0",
  "libglusterfs0",
] as const;
