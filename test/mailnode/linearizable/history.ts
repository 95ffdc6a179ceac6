/** The simulation has them, too. */
export {
  Recorder,
  type Event,
  type Input,
  type Output,
} from "../../../src/mailnode/sim/linearizable/history.ts";
