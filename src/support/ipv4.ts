/** An IPv4 network in CIDR notation, with the sums that a topology needs. All numbers are unsigned 32 bit. */
export interface Cidr {
  readonly base: number;
  readonly prefix: number;
}

const ADDRESS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** The address as a number, or undefined when `text` is no dotted quad. Leading zeros are refused: some programs read them as octal. */
export function parseAddress(text: string): number | undefined {
  const match = ADDRESS.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1);
  if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith("0"))))
    return undefined;
  return octets.reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/**
 * Whether programs would read the text as an IPv4 address in one of its older forms, "192.168.010.5", "10.1" or "0x7f.1": its
 * last part is a number. No domain of the public tree ends in one.
 */
export function endsInNumber(text: string): boolean {
  return /(?:^|\.)(?:\d+|0x[\da-f]*)$/i.test(text);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** The network, or undefined when `text` is no CIDR or has host bits set ("192.168.1.7/24"). */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText, prefixText, ...rest] = text.split("/");
  if (rest.length > 0 || prefixText === undefined || !/^\d{1,2}$/.test(prefixText)) return undefined;
  const base = parseAddress(addressText!);
  const prefix = Number(prefixText);
  if (base === undefined || prefix > 32) return undefined;
  return (base & mask(prefix)) >>> 0 === base ? { base, prefix } : undefined;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.base)}/${cidr.prefix}`;
}

export function contains(cidr: Cidr, address: number): boolean {
  return (address & mask(cidr.prefix)) >>> 0 === cidr.base;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  const prefix = Math.min(a.prefix, b.prefix);
  return (a.base & mask(prefix)) >>> 0 === (b.base & mask(prefix)) >>> 0;
}

/** Whether a host may bear the address: not the network's own and not its broadcast address. */
export function isHost(cidr: Cidr, address: number): boolean {
  if (!contains(cidr, address)) return false;
  if (cidr.prefix >= 31) return true;
  const broadcast = (cidr.base | ~mask(cidr.prefix)) >>> 0;
  return address !== cidr.base && address !== broadcast;
}

/** Whether an address stands inside one of the networks; all as text, as they are written in a description. */
export function inAny(networks: readonly string[], address: string): boolean {
  const number = parseAddress(address);
  return number !== undefined && networks.some((network) => contains(parseCidr(network)!, number));
}

function mask(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}
