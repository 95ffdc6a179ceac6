/** What was read is no canonical value. */
export class CodecError extends Error {}
