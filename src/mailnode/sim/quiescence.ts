/** So many events share one turn of the event loop. */
const EVENTS_A_TURN = 16;

/**
 * Lets every promise go on that can. Nothing of the event loop is in use, no timer, no socket, no file, so that what
 * happens between two events depends on nothing outside.
 */
export class Quiescence {
  #events = 0;

  /**
   * A tick of Node comes when the queue of microtasks is empty, as an immediate does, at a fifth of the time. A turn
   * of the loop now and then is still needed: only there Node ends a process that has left a rejection unhandled.
   */
  reached(): Promise<void> {
    if (++this.#events % EVENTS_A_TURN === 0) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => process.nextTick(resolve));
  }
}
