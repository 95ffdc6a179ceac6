import { ONCE } from "../once.ts";

/** A shell function, `node_says PROGRAM`: what the node of the machine says of itself, or nothing; one look asks it once. */
export const NODE_SAYS = `${ONCE}
node_says() { once mail-node timeout 20 "$1" status 2>/dev/null || true; }`;
