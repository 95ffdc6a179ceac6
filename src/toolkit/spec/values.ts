import * as z from "zod";
import { Bytes } from "../../support/bytes.ts";
import { Duration } from "../../support/duration.ts";
import { endsInNumber, parseAddress, parseCidr } from "../../support/ipv4.ts";

/*
 * The values of a description. Each has a rule for its characters: what passes here may stand in any generated
 * file, so neither a newline, a quote nor a brace of a template gets through.
 */

export const name = z
  .string()
  .regex(
    /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    "must be lower-case letters, digits and hyphens, begin with a letter and have at most 32 characters",
  );

/** An SQL name or an account of a service. */
export const identifier = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,31}$/,
    "must be lower-case letters, digits and underscores and begin with a letter",
  );

const DOMAIN =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

export const domain = z
  .string()
  .regex(DOMAIN, {
    message: "must be a domain in lower-case ASCII letters (punycode for others)",
    abort: true,
  })
  .refine((text) => !endsInNumber(text), {
    message:
      "must not end in a number: programs would take it for an address, and for another one than is meant",
  });

export const address = z.string().refine((text) => parseAddress(text) !== undefined, {
  message: "must be an IPv4 address such as 192.168.1.101",
});

export const cidr = z.string().refine((text) => parseCidr(text) !== undefined, {
  message: "must be a network without host bits, such as 192.168.1.0/24",
});

export const port = z
  .int()
  .min(1, "must be a port from 1 to 65535")
  .max(65535, "must be a port from 1 to 65535");

/** "mx.internal:25" or "10.0.0.1:25". */
export const endpoint = z.string().refine((text) => splitEndpoint(text) !== undefined, {
  message: 'must be a host and a port, such as "mx.internal:25"',
});

/** A jump host as OpenSSH's ProxyJump names it: "bastion.example.com", "ops@10.0.0.1:2222". */
export const hop = z.string().refine((text) => splitHop(text) !== undefined, {
  message: 'must be a host with or without user and port, such as "ops@bastion.example.com:22"',
});

export const interfaceName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,15}$/, "must be the name of a network interface, at most 15 characters");

/** An absolute path on a machine or on this one. No spaces: not every program's configuration can quote them. */
export const path = z
  .string()
  .regex(
    /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._+-]+)+$/,
    "must be an absolute path of letters, digits and ._+- without . and .. as parts",
  );

export const user = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be the name of an account");

/** Read into a Duration by the topology; here it is only held to its form and bounds. */
export function duration(least: Duration, most: Duration) {
  const rule = `must be a duration from ${least} to ${most}, such as "${least}"`;
  return z
    .string()
    .refine((text) => within(() => Duration.parse(text).ms, least.ms, most.ms), { message: rule });
}

export function bytes(least: Bytes, most: Bytes) {
  const rule = `must be a size from ${least} to ${most}, such as "${least}"`;
  return z
    .string()
    .refine((text) => within(() => Bytes.parse(text).count, least.count, most.count), { message: rule });
}

export function splitEndpoint(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^([^:]+):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const [, host, portText] = match;
  const isHost = parseAddress(host!) !== undefined || domain.safeParse(host).success;
  return isHost && port.safeParse(Number(portText)).success
    ? { host: host!, port: Number(portText) }
    : undefined;
}

export interface Hop {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
}

export function splitHop(text: string): Hop | undefined {
  const [, name, place = ""] = /^(?:([^@]*)@)?([^@]*)$/.exec(text) ?? [];
  const end = splitEndpoint(place.includes(":") ? place : `${place}:22`);
  if (!end || (name !== undefined && !user.safeParse(name).success)) return undefined;
  return {
    host: end.host,
    ...(place.includes(":") && { port: end.port }),
    ...(name !== undefined && { user: name }),
  };
}

function within(read: () => number, least: number, most: number): boolean {
  try {
    const value = read();
    return value >= least && value <= most;
  } catch {
    return false;
  }
}
