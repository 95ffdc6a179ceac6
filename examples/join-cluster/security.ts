import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];

/** Keys for a try-out on one machine: an authority, key and certificate of each node, and one gossip key for all. */
export function makeSecurity(folder: string, nodes: readonly string[]): void {
  const request = (...args: readonly string[]): void => {
    execFileSync("openssl", ["req", "-x509", ...KEY, ...args], { cwd: folder, stdio: "pipe" });
  };
  request("-subj", "/CN=try-out", "-keyout", "authority.key", "-out", "authority.pem");
  for (const node of nodes) {
    const signed = ["-CA", "authority.pem", "-CAkey", "authority.key"];
    const extensions = [
      "-addext",
      "basicConstraints=critical,CA:FALSE",
      "-addext",
      `subjectAltName=DNS:${node}`,
    ];
    request(
      ...signed,
      ...extensions,
      "-subj",
      `/CN=${node}`,
      "-keyout",
      `${node}.pem`,
      "-out",
      `${node}.crt`,
    );
    appendFileSync(join(folder, `${node}.pem`), readFileSync(join(folder, `${node}.crt`)));
  }
  writeFileSync(join(folder, "gossip.keys"), `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
}
