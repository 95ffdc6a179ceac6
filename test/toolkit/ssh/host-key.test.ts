import { execFileSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import {
  describeKey,
  fingerprint,
  hostKeyAlgorithms,
  hostKeyFrom,
} from "../../../src/toolkit/ssh/host-key.ts";
import { generateKey } from "./servers.ts";

describe("a host key", () => {
  it.each(["ed25519", "rsa"] as const)("of type %s has the fingerprint that ssh-keygen prints", (type) => {
    const { key } = generateKey(type);
    const printed = execFileSync("ssh-keygen", ["-lf", "-"], {
      input: `${key.type} ${key.base64}\n`,
    }).toString();
    expect(printed.split(" ")[1]).toBe(fingerprint(key));
    expect(describeKey(key)).toBe(`${type.toUpperCase()} ${fingerprint(key)}`);
  });

  it("is read from its wire format", () => {
    const { key } = generateKey();
    expect(hostKeyFrom(Buffer.from(key.base64, "base64"))).toEqual(key);
  });

  it("is asked for by the known types first, and never with SHA-1", () => {
    expect(hostKeyAlgorithms(["ssh-rsa"])).toEqual([
      "rsa-sha2-512",
      "rsa-sha2-256",
      "ssh-ed25519",
      "ecdsa-sha2-nistp256",
      "ecdsa-sha2-nistp384",
      "ecdsa-sha2-nistp521",
    ]);
  });
});
