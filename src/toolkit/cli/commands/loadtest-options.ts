import { UserError } from "../../../support/errors.ts";

const UNITS = { "": 1, k: 1024, M: 1024 ** 2 } as const;

/** "10k", "1M" or bytes, at most 100M. Throws SIZE_UNREADABLE. */
export function readSize(text: string): number {
  const match = /^(\d{1,9})([kM]?)$/.exec(text);
  const bytes = match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : 0;
  if (bytes >= 1 && bytes <= 100 * UNITS.M) return bytes;
  throw new UserError(
    "SIZE_UNREADABLE",
    `--size got ${JSON.stringify(text)}`,
    'write "10k", "1M" or bytes, at most 100M',
  );
}

/** "host:port"; what is not given is the default. Throws ADDRESS_UNREADABLE. */
export function readAddress(
  text: string | undefined,
  whole: { readonly host: string; readonly port: number },
): { readonly host: string; readonly port: number } {
  if (text === undefined) return whole;
  const match = /^([A-Za-z0-9.-]{1,253}):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match && port >= 1 && port <= 65535) return { host: match[1]!, port };
  throw new UserError("ADDRESS_UNREADABLE", `--target got ${JSON.stringify(text)}`, 'write "host:port"');
}
