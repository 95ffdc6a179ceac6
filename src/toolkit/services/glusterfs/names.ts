import { PORTS } from "../../../contract/ports.ts";

export const GLUSTERD_UNIT = "glusterd.service";
export const CONFIG_PATH = "/etc/glusterfs/glusterd.vol";

/** One brick per machine, and room for one that comes back while its old port is still in use. */
export const LAST_BRICK_PORT = PORTS.glusterBricks + 19;
