import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readIdentity } from "../../../src/mailnode/node/raft-identity.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";

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

  it.each([
    ["a line feed", "\n"],
    ["CR LF, as an editor of Windows writes", "\r\n"],
  ])("trusts each of two authorities when lines end with %s", async (_what, end) => {
    const authorities = [await TestAuthority.make("one"), await TestAuthority.make("two")];
    const ended = (text: string): string => text.replaceAll("\n", end);
    for (const authority of authorities) {
      const { key, certificate, authority: both } = await authority.identity("node-1", authorities);
      const identity = await read(ended(`${key.reveal()}\n${certificate}`), ended(both));
      const server = createServer({ key: identity.key.reveal(), cert: identity.certificate });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const socket = connect({ host: "127.0.0.1", port, ca: identity.authority });
      try {
        await once(socket, "secureConnect");
        expect(socket.authorized).toBe(true);
      } finally {
        socket.destroy();
        server.close();
      }
    }
  });
});
