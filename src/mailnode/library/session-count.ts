import type { SessionGate } from "../cluster/maintenance.ts";

/** The sessions of a program that counts them itself. */
export class SessionCount implements SessionGate {
  readonly #ends = new Set<() => void>();
  #isOpen = true;

  count(): number {
    return this.#ends.size;
  }

  close(): void {
    this.#isOpen = false;
  }

  open(): void {
    this.#isOpen = true;
  }

  async endAll(): Promise<void> {
    for (const end of [...this.#ends]) end();
  }

  /**
   * Counts a session that begins. Gives back what is to be called when it is over, or undefined when no session may
   * begin here now.
   *
   * @param end ends the session, when the time that a drain leaves it is over
   */
  begin(end: () => void): (() => void) | undefined {
    if (!this.#isOpen) return undefined;
    const once = (): void => end();
    this.#ends.add(once);
    return () => void this.#ends.delete(once);
  }
}
