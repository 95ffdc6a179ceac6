/** The simulation has it, too. */
export { isLinearizable } from "../../../src/mailnode/sim/linearizable/checker.ts";
