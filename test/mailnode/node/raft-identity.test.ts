import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readIdentity } from "../../../src/mailnode/node/raft-identity.ts";

const KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "mailbastion-identity-"))));
afterEach(() => rm(folder, { recursive: true }));

async function read(pem: string, authority: string) {
  const files = { pem: join(folder, "node.pem"), authority: join(folder, "ca.crt") };
  await writeFile(files.pem, pem);
  await writeFile(files.authority, authority);
  return readIdentity(files);
}

describe("what a node proves itself with", () => {
  it("is the key and the chain of one file, and the authorities of the other", async () => {
    const { key, certificate, authority } = await read(
      `${KEY}${CERTIFICATE}`,
      `# ours\n${CERTIFICATE}${CERTIFICATE}`,
    );
    expect(key.reveal()).toContain(KEY);
    expect([certificate, authority]).toEqual([CERTIFICATE, CERTIFICATE + CERTIFICATE]);
  });

  it.each([
    ["chain", KEY, CERTIFICATE, "node.pem"],
    ["authority, for which Node would take the system's own", `${KEY}${CERTIFICATE}`, "", "ca.crt"],
    ["authority that is whole", `${KEY}${CERTIFICATE}`, CERTIFICATE.slice(0, 40), "ca.crt"],
  ])("is refused without a %s", async (_what, pem, authority, file) => {
    await expect(read(pem, authority)).rejects.toMatchObject({
      code: "MAILNODE_NO_CERTIFICATE",
      message: expect.stringContaining(file),
    });
  });
});
