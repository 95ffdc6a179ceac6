import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { httpLoad } from "../../../src/toolkit/loadtest/http-load.ts";
import { makeAuthority, makeCertificate } from "../../../src/toolkit/vault/pki.ts";

describe("a load of HTTP", () => {
  let server: Server;
  let connections = 0;
  const hosts: (string | undefined)[] = [];

  beforeAll(async () => {
    const authority = await makeAuthority("a test", Date.now());
    const subject = { commonName: "mail.example.com", names: ["mail.example.com"], addresses: [] };
    const pair = await makeCertificate(
      { kind: "certificate", name: "public", authority: "test", ...subject },
      authority,
      Date.now(),
    );
    server = createServer({ key: pair.key, cert: pair.certificate }, (request, response) => {
      hosts.push(request.headers.host);
      if (request.url === "/silent") return;
      if (request.url === "/cut") return void request.socket.destroy();
      response.writeHead(request.url === "/down" ? 503 : 200).end("page");
    });
    server.on("secureConnection", () => void connections++);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const loadOf = (path: string, more: { insecure?: boolean; timeoutMs?: number } = {}) =>
    httpLoad({
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      path,
      serverName: "mail.example.com",
      insecure: true,
      timeoutMs: 20_000,
      connections: 2,
      ...more,
    });

  it("asks by the server's name, over a connection that is kept", async () => {
    const load = loadOf("/");
    for (let asked = 0; asked < 5; asked++) await load.once();
    await load.close();
    expect(connections).toBe(1);
    expect(hosts).toEqual(Array.from({ length: 5 }, () => "mail.example.com"));
  });

  it("counts an error page, a broken connection and silence as failures", async () => {
    await expect(loadOf("/down").once()).rejects.toMatchObject({ code: 503 });
    await expect(loadOf("/cut").once()).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(loadOf("/silent", { timeoutMs: 50 }).once()).rejects.toMatchObject({ name: "TimedOut" });
  });

  it("does not take a certificate of nobody, unless it is told to", async () => {
    await expect(loadOf("/", { insecure: false }).once()).rejects.toMatchObject({
      message: expect.stringMatching(/certificate/),
    });
  });
});
