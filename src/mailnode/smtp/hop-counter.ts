/** Header text beyond this is not looked at: a message with more has no header worth the name. */
const LONGEST_HEADER_BYTES = 256 * 1024;

/**
 * Counts the Received lines of a message while it arrives in pieces: too many mean that it goes in circles
 * (RFC 5321 section 6.3).
 */
export class HopCounter {
  #count = 0;
  #seen = 0;
  #line = "";
  #inHeader = true;

  get count(): number {
    return this.#count;
  }

  add(piece: Uint8Array): void {
    if (!this.#inHeader) return;
    this.#seen += piece.length;
    const lines = (this.#line + Buffer.from(piece).toString("latin1")).split("\n");
    this.#line = lines.pop()!;
    for (const line of lines) {
      if (line === "" || line === "\r") {
        this.#inHeader = false;
        return;
      }
      if (/^received[ \t]*:/i.test(line)) this.#count++;
    }
    if (this.#seen > LONGEST_HEADER_BYTES) this.#inHeader = false;
  }
}
