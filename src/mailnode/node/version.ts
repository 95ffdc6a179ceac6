import { readFileSync } from "node:fs";

/** Put in by the bundler: the release folder has no package.json. */
declare const MBNODE_VERSION: string | undefined;

/** The package's version, "0.1.0". */
export function version(): string {
  if (typeof MBNODE_VERSION === "string") return MBNODE_VERSION;
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
