/** Header text beyond this is not looked at: a message with more has no header worth the name. */
const LONGEST_HEADER_BYTES = 256 * 1024;
/** How much of a line is kept until its end is there: "Received", blanks and a colon need no more. */
const LONGEST_START = 64;
const LINE_FEED = 0x0a;

/**
 * Counts the Received lines of a message while it arrives in pieces: too many mean that it goes in circles
 * (RFC 5321 section 6.3).
 */
export class HopCounter {
  #count = 0;
  #seen = 0;
  /** The start of the line that has not ended. */
  #start = "";
  #inHeader = true;

  get count(): number {
    return this.#count;
  }

  add(piece: Uint8Array): void {
    if (!this.#inHeader) return;
    this.#seen += piece.length;
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let at = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, at)) {
      this.#take(bytes, at, end);
      if (this.#start === "" || this.#start === "\r") return this.#leaveHeader();
      if (/^received[ \t]*:/i.test(this.#start)) this.#count++;
      this.#start = "";
      at = end + 1;
    }
    this.#take(bytes, at, bytes.length);
    if (this.#seen > LONGEST_HEADER_BYTES) this.#leaveHeader();
  }

  #leaveHeader(): void {
    this.#inHeader = false;
    this.#start = "";
  }

  /** From the bytes and not from a longer string, which a part of it would keep in memory. */
  #take(bytes: Buffer, from: number, to: number): void {
    const room = LONGEST_START - this.#start.length;
    if (room > 0) this.#start += bytes.toString("latin1", from, Math.min(to, from + room));
  }
}
