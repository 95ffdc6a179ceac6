import * as z from "zod";
import { endsInNumber, parseAddress, parseCidr } from "../support/ipv4.ts";

/** What many keys of a node's configuration have in common. */
export const port = z.int().min(1, "must be a port, 1 to 65535").max(65535, "must be a port, 1 to 65535");
export const address = z
  .string()
  .refine((text) => parseAddress(text) !== undefined, "must be an IPv4 address");
export const cidr = z
  .string()
  .refine((text) => parseCidr(text) !== undefined, "must be a CIDR without host bits");
/** Letters, digits, hyphens and dots: nothing that could end a line of SMTP or of a header, or be an address. */
export const hostname = z
  .string()
  .regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i, {
    message: "must be a host name",
    abort: true,
  })
  .refine((text) => !endsInNumber(text), "must not end in a number, as an address does");
export const machineName = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "must be a machine's name");
export const path = z.string().regex(/^\/[^\0\n]*$/, "must be an absolute path");
export const milliseconds = z
  .int()
  .min(1, "must be at least 1 millisecond")
  .max(2_147_483_647, "must be below 25 days");
export const count = z.int().min(1, "must be at least 1");
