/** The first frames of a connection: who calls whom, in which cluster, and the answer to it. */
import { BinaryReader } from "../../../support/binary-reader.ts";
import { BinaryWriter } from "../../../support/binary-writer.ts";
import type { NodeId } from "../core/types.ts";
import type { Frame } from "../wire/frame.ts";

/** The version of packets; two that differ do not talk. */
export const PROTOCOL_VERSION = 1;

/** Nobody who has not greeted may send more. */
export const GREETING_MAX_BYTES = 1024;

const HELLO = 1;
const WELCOME = 2;
const REFUSAL = 3;

export interface Hello {
  readonly version: number;
  readonly cluster: string;
  readonly from: NodeId;
  readonly to: NodeId;
}

export function encodeHello({ version, cluster, from, to }: Hello): Frame {
  const writer = new BinaryWriter();
  writer.u32(version);
  writer.name(cluster);
  writer.name(from);
  writer.name(to);
  return { kind: HELLO, payload: writer.take() };
}

/** Throws BinaryError for what is no hello. What follows the version is read only when the version is ours. */
export function decodeHello({ kind, payload }: Frame): Hello {
  const reader = new BinaryReader(payload);
  const version = kind === HELLO ? reader.u32() : 0;
  if (version !== PROTOCOL_VERSION) return { version, cluster: "", from: "", to: "" };
  const hello = { version, cluster: reader.name(), from: reader.name(), to: reader.name() };
  reader.end();
  return hello;
}

/** Without a refusal, a welcome. */
export function encodeReply(refusal?: string): Frame {
  if (refusal === undefined) return { kind: WELCOME, payload: new Uint8Array(0) };
  return { kind: REFUSAL, payload: new TextEncoder().encode(refusal.slice(0, 200)) };
}

/** Why the caller is refused; undefined when he is welcome. */
export function decodeReply({ kind, payload }: Frame): string | undefined {
  if (kind === WELCOME) return undefined;
  return kind === REFUSAL ? new TextDecoder().decode(payload) : `the answer to the greeting has kind ${kind}`;
}
