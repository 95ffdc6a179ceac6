import { createPrivateKey } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { SecretRequest } from "../../../src/toolkit/services/service.ts";
import {
  operatorCertificateVersion,
  readOperatorCertificate,
} from "../../../src/toolkit/vault/operator-certificate.ts";
import { type KeyPair, makeAuthority, makeCertificate } from "../../../src/toolkit/vault/pki.ts";
import { openVault } from "../../../src/toolkit/vault/vault.ts";
import { readVersions } from "../../../src/toolkit/vault/versions.ts";
import { certificate, DAY_MS, newProject, START } from "./fixtures.ts";

const request = {
  kind: "files",
  name: "tls/public",
  certificateFile: "mail.crt",
  keyFile: "mail.key",
} as const satisfies SecretRequest;

describe("the operator's own certificate", () => {
  let folder: string;
  let pair: KeyPair;
  let authority: KeyPair;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mailbastion-files-"));
    authority = await makeAuthority("Some public authority", START);
    pair = await makeCertificate(certificate, authority, START);
    await put(pair.certificate + authority.certificate, pair.key);
  });

  async function put(crt: string, key: string): Promise<void> {
    await writeFile(join(folder, "mail.crt"), crt);
    await writeFile(join(folder, "mail.key"), key);
  }

  function failure(now = START): Promise<unknown> {
    return readOperatorCertificate(request, folder, now).catch((error: unknown) => error);
  }

  it("is read with its chain, from paths relative to the project", async () => {
    expect(await readOperatorCertificate(request, folder, START)).toEqual({
      certificate: pair.certificate + authority.certificate,
      key: pair.key,
      version: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
  });

  it.each([
    ["the certificate is not there", "CERTIFICATE_UNREADABLE", () => rm(join(folder, "mail.crt"))],
    ["the key is not there", "CERTIFICATE_UNREADABLE", () => rm(join(folder, "mail.key"))],
    ["the certificate file holds something else", "CERTIFICATE_INVALID", () => put("hello", pair.key)],
    ["the key file holds something else", "CERTIFICATE_KEY_INVALID", () => put(pair.certificate, "hello")],
    [
      "the key has a passphrase",
      "CERTIFICATE_KEY_INVALID",
      () =>
        put(
          pair.certificate,
          createPrivateKey(pair.key)
            .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
            .toString(),
        ),
    ],
    [
      "the key belongs to another certificate",
      "CERTIFICATE_KEY_MISMATCH",
      async () => put(pair.certificate, (await makeAuthority("other", START)).key),
    ],
  ])("is refused in one sentence when %s", async (_what, code, damage) => {
    await damage();
    expect(await failure()).toMatchObject({ code, message: expect.stringContaining(join(folder, "mail.")) });
  });

  it("is refused after its end and before its beginning", async () => {
    expect(await failure(START + 900 * DAY_MS)).toMatchObject({ code: "CERTIFICATE_EXPIRED" });
    expect(await failure(START - DAY_MS)).toMatchObject({ code: "CERTIFICATE_NOT_YET_VALID" });
  });

  it("has a version that is known without a key and changes with the certificate", async () => {
    const before = await operatorCertificateVersion(request, folder);
    expect(before).toBe((await readOperatorCertificate(request, folder, START)).version);
    const renewed = await makeCertificate(certificate, authority, START);
    await put(renewed.certificate, renewed.key);
    expect(await operatorCertificateVersion(request, folder)).not.toBe(before);
    await rm(join(folder, "mail.crt"));
    expect(await operatorCertificateVersion(request, folder)).toBe("1");
  });

  it("is handed out by the vault and never kept in it", async () => {
    const { options } = await newProject();
    const asked = {
      ...request,
      certificateFile: join(folder, "mail.crt"),
      keyFile: join(folder, "mail.key"),
    };
    const vault = await openVault(options);
    expect(await vault.ensure([asked])).toEqual([]);
    const versionOf = await readVersions(options.directory, "acme", [asked], options.env);
    const version = versionOf("tls/public.pem");
    expect(vault.reveal({ name: "tls/public.pem", version }).reveal()).toBe(
      pair.certificate + authority.certificate + pair.key,
    );
    expect((await openVault(options)).versions().size).toBe(0);
  });
});
