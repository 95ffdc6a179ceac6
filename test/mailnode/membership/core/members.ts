import { Membership } from "../../../../src/mailnode/membership/core/membership.ts";
import { LAN, type Profile } from "../../../../src/mailnode/membership/core/profile.ts";
import type {
  Address,
  Evidence,
  MemberState,
  Metadata,
  Output,
} from "../../../../src/mailnode/membership/core/types.ts";
import { seeded } from "../../fixtures/random.ts";
import { PACKET_BYTES } from "./virtual-network.ts";

export function addressOf(id: string): Address {
  return { host: `10.1.0.${id.charCodeAt(0) - 96}`, port: 7946 };
}

export function metadataOf(id: string): Metadata {
  return { name: id, roles: ["mail"], addresses: {}, loadPermille: 0 };
}

/** A member named "me", at incarnation 5 unless told otherwise, that no time has passed for. */
export function member(
  options: { readonly incarnation?: number; readonly reserved?: number; readonly profile?: Profile } = {},
): Membership {
  const incarnation = options.incarnation ?? 5;
  return new Membership(
    {
      self: {
        id: "me",
        address: addressOf("z"),
        metadata: metadataOf("me"),
        incarnation,
        reserved: options.reserved ?? incarnation + 10_000,
      },
      profile: options.profile ?? LAN,
      packetBytes: PACKET_BYTES,
      random: seeded(1),
    },
    0,
  );
}

/** Evidence about a member; with its announcement when it is its own word. */
export function word(id: string, state: MemberState, incarnation: number, by = id): Evidence {
  const announcement = { incarnation, address: addressOf(id), metadata: metadataOf(id) };
  return { member: id, state, incarnation, by, ...(state === "alive" && { announcement }) };
}

/** Lets the member hear this in one packet, from somebody unknown. */
export function hear(core: Membership, now: number, ...evidence: readonly Evidence[]): Output {
  return core.receive(
    {
      from: { host: "10.1.1.1", port: 1 },
      messages: evidence.map((one) => ({ kind: "evidence", evidence: one })),
    },
    now,
  );
}

/** Calls tick at every deadline up to `until`; everything that came of it. */
export function tickUntil(core: Membership, until: number): Output {
  const outputs: Output[] = [];
  while (core.deadline <= until) outputs.push(core.tick(core.deadline));
  return {
    packets: outputs.flatMap(({ packets }) => packets),
    fallbackPings: outputs.flatMap(({ fallbackPings }) => fallbackPings),
    syncs: outputs.flatMap(({ syncs }) => syncs),
    events: outputs.flatMap(({ events }) => events),
  };
}

/** As tickUntil, while every ping that goes out is answered. */
export function tickAnswered(core: Membership, until: number): Output["events"] {
  const events: Output["events"][number][] = [];
  while (core.deadline <= until) {
    const now = core.deadline;
    const output = core.tick(now);
    events.push(...output.events);
    for (const { to, messages } of output.packets) {
      for (const message of messages) {
        if (message.kind !== "ping") continue;
        core.receive({ from: to, messages: [{ kind: "ack", seq: message.seq }] }, now);
      }
    }
  }
  return events;
}

/** "state incarnation" of a member, or undefined when it is not known. */
export function seen(core: Membership, id: string): string | undefined {
  const found = core.state(0).find((evidence) => evidence.member === id);
  return found && `${found.state} ${found.incarnation}`;
}

/** What is said about a member in the packets of an output. */
export function said(output: Output, id: string): readonly Evidence[] {
  return output.packets
    .flatMap(({ messages }) => messages)
    .flatMap((message) =>
      message.kind === "evidence" && message.evidence.member === id ? [message.evidence] : [],
    );
}
