import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { type KeyPair, makeAuthority, makeCertificate } from "../../../src/toolkit/vault/pki.ts";
import { certificate, DAY_MS } from "./fixtures.ts";

/** Real handshakes are judged by the real clock. */
const now = Date.now();

describe("the cluster's certificates", () => {
  let authority: KeyPair;
  let pair: KeyPair;

  beforeAll(async () => {
    authority = await makeAuthority("Mailbastion acme pki/cluster", now);
    pair = await makeCertificate({ ...certificate, names: ["node-1", "localhost"] }, authority, now);
  });

  it("are signed by an authority that can sign no further authority, for ten years", () => {
    const issuer = new X509Certificate(authority.certificate);
    expect(issuer.ca).toBe(true);
    expect(issuer.verify(issuer.publicKey)).toBe(true);
    expect(Math.round((issuer.validToDate.getTime() - now) / DAY_MS)).toBe(3650);
    // BasicConstraints, CA true and path length 0, as DER. RFC 5280, 4.2.1.9.
    expect(issuer.raw.toString("hex")).toContain("0603551d130101ff040830060101ff020100");
  });

  it("name the machine and its address, and last 825 days", () => {
    const leaf = new X509Certificate(pair.certificate);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(leaf.checkHost("node-1")).toBe("node-1");
    expect(leaf.checkIP("192.168.1.101")).toBe("192.168.1.101");
    expect(leaf.checkHost("node-2")).toBeUndefined();
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(Math.round((leaf.validToDate.getTime() - now) / DAY_MS)).toBe(825);
    expect(leaf.validFromDate.getTime()).toBeLessThan(now);
  });

  it("have keys in PKCS #8, each its own", async () => {
    expect(pair.key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const other = await makeCertificate(certificate, authority, now);
    expect(other.key).not.toBe(pair.key);
    expect(new X509Certificate(other.certificate).serialNumber).not.toBe(
      new X509Certificate(pair.certificate).serialNumber,
    );
  });

  it("never outlive their authority", async () => {
    const late = await makeCertificate(certificate, authority, now + 3600 * DAY_MS);
    const ends = [late, authority].map(({ certificate: pem }) => new X509Certificate(pem).validTo);
    expect(ends[0]).toBe(ends[1]);
  });

  it("let two members prove themselves to each other over TLS, and nobody from another cluster", async () => {
    const stranger = await makeAuthority("Mailbastion other pki/cluster", now);
    const outsider = await makeCertificate(certificate, stranger, now);
    const server = createServer(
      { key: pair.key, cert: pair.certificate, ca: authority.certificate, requestCert: true },
      (socket: TLSSocket) => socket.end("welcome"),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const greet = (client: KeyPair, ca: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({
          port,
          host: "127.0.0.1",
          servername: "localhost",
          ca,
          key: client.key,
          cert: client.certificate,
        });
        socket.on("data", (data: Buffer) => resolve(data.toString()));
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
        socket.on("close", () => resolve("closed"));
      });

    expect(await greet(pair, authority.certificate)).toBe("welcome");
    expect(await greet(pair, stranger.certificate)).toMatch(/CERT|ISSUER|SIGNATURE/);
    expect(await greet(outsider, authority.certificate)).toMatch(/^(ERR_SSL|ECONNRESET|closed)/);
    server.close();
  });
});
