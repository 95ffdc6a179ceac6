import Sequencer from "@jest/test-sequencer";

/*
 * End-to-end files of one run share a lab and tell its life in this order: it is made a cluster, then operated, then
 * drained. Everything else comes in Jest's own order.
 */
const LIFE = ["cluster", "operations", "upgrade", "drain", "resume", "restore", "checks", "lab"];

export default class InOrderOfLife extends Sequencer {
  sort(tests) {
    const place = ({ path }) => LIFE.findIndex((name) => path.endsWith(`/test/e2e/${name}.e2e.ts`));
    return super.sort(tests).toSorted((a, b) => place(a) - place(b));
  }
}
