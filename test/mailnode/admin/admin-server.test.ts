import { once } from "node:events";
import { request } from "node:https";
import { connect as connectPlain } from "node:net";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { loopbackPem } from "../../../demo/embedded/certificate.ts";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import {
  healthOf,
  healthSchema,
  readySchema,
  type Health,
  type Ready,
} from "../../../src/contract/health.ts";
import { AdminServer, type AdminOptions } from "../../../src/mailnode/admin/admin-server.ts";
import { ClusterApi } from "../../../src/mailnode/admin/api/cluster-api.ts";
import { Console } from "../../../src/mailnode/admin/console.ts";
import { tokenDoor } from "../../../src/mailnode/admin/door.ts";
import { FailureLimit } from "../../../src/mailnode/admin/failure-limit.ts";
import { Refusals } from "../../../src/mailnode/admin/refusals.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { shownCertificate } from "../fixtures/shown-certificate.ts";

/* Real sockets, on a machine that may be busy. */
jest.setTimeout(30_000);

const OK = { status: "ok" } as const;
const SERVICES = { smtp: OK, queue: OK, delivery: OK };

describe("the console", () => {
  let server: AdminServer;
  let options: AdminOptions;
  let port: number;
  let health: Health = healthOf("node-1", "1.2.3", { services: SERVICES });
  let ready: Ready = { ready: true, node: "node-1" };

  beforeAll(async () => {
    port = (await freePorts(1))[0]!;
    const nobody = (): undefined => undefined;
    options = {
      address: "127.0.0.1",
      port,
      pem: await loopbackPem(),
      console: new Console({
        health: () => Promise.resolve(health),
        ready: () => Promise.resolve(ready),
        facts: () => ({
          node: "node-1",
          version: "1.2.3",
          queueLength: 1,
          draining: false,
          isWitness: false,
        }),
        api: new ClusterApi({
          cluster: nobody,
          refusals: new Refusals(systemEnv, quietLog),
          env: systemEnv,
          log: quietLog,
        }),
        metrics: async () => "",
      }),
      door: tokenDoor(nobody, new FailureLimit(systemEnv)),
    };
    server = new AdminServer(options);
    await server.start();
  });
  afterAll(() => server.stop());

  it("drops who connects and does not come to an end with the handshake", async () => {
    const port = (await freePorts(1))[0]!;
    const impatient = new AdminServer({ ...options, port, handshakeTimeoutMs: 50 });
    await impatient.start();
    try {
      const silent = connectPlain(port, "127.0.0.1");
      await once(silent.resume(), "close");
    } finally {
      await impatient.stop();
    }
  });

  function ask(path: string, method = "GET"): Promise<{ status: number; type: string; body: string }> {
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: "127.0.0.1", port, path, method, rejectUnauthorized: false, agent: false },
        (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (piece: string) => (body += piece));
          response.on("end", () =>
            resolve({ status: response.statusCode!, type: response.headers["content-type"]!, body }),
          );
        },
      );
      asked.on("error", reject);
      asked.end();
    });
  }

  it("answers /health with 200 when all is well and 503 when anything is not, in the agreed shape", async () => {
    const well = await ask("/health");
    expect([well.status, well.type]).toEqual([200, "application/json"]);
    expect(healthSchema.parse(JSON.parse(well.body))).toEqual(health);
    health = healthOf("node-1", "1.2.3", {
      database: { status: "failed", reason: "ECONNREFUSED" },
      services: SERVICES,
    });
    const ill = await ask("/health");
    expect(ill.status).toBe(503);
    expect(healthSchema.parse(JSON.parse(ill.body)).status).toBe("unhealthy");
  });

  it("answers /ready with 200 or 503", async () => {
    expect((await ask("/ready")).status).toBe(200);
    ready = { ready: false, node: "node-1", reason: "draining" };
    const answer = await ask("/ready?x=1");
    expect(answer.status).toBe(503);
    expect(readySchema.parse(JSON.parse(answer.body))).toEqual(ready);
  });

  it("shows people a page", async () => {
    const { status, type, body } = await ask("/");
    expect([status, type]).toEqual([200, "text/html; charset=utf-8"]);
    expect(body).toContain("<td>1 message</td>");
  });

  it("knows no other path and no other method", async () => {
    expect((await ask("/nothing")).status).toBe(404);
    expect((await ask("/health", "POST")).status).toBe(405);
  });

  it("shows a new certificate from the next connection on, and keeps the old one when the new is none", async () => {
    const before = await shownCertificate(port);
    expect(() => server.rotate("no certificate")).toThrow();
    expect(await shownCertificate(port)).toBe(before);
    server.rotate(await loopbackPem());
    expect(await shownCertificate(port)).not.toBe(before);
  });
});
