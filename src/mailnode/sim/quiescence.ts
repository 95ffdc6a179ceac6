/**
 * Resolves when every promise that can go on has gone on. The event loop empties the queue of microtasks before it
 * runs an immediate, and nothing else of the loop is in use: no timer, no socket, no file. So what happens between
 * two events depends on nothing outside.
 */
export function quiescence(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
