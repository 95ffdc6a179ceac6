/** What parsePeers reads. Who asks says how long it waits. */
export const PEER_STATUS = "gluster --mode=script peer status";

/** Another machine of the trusted pool, as one machine knows it. */
export interface Peer {
  /** The main one first. */
  readonly names: readonly string[];
  readonly connected: boolean;
}

/** Reads "gluster peer status"; nothing when the text says of no peers. */
export function parsePeers(text: string): readonly Peer[] {
  return text
    .split(/^Hostname: /m)
    .slice(1)
    .map((block) => {
      const [main = "", ...lines] = block.split("\n").map((line) => line.trim());
      const marker = lines.indexOf("Other names:");
      const others = marker < 0 ? [] : lines.slice(marker + 1).filter((line) => line !== "");
      return { names: [main, ...others], connected: lines.some((line) => line.endsWith("(Connected)")) };
    });
}
