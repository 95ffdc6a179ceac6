import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { check, databaseCheck, redisCheck } from "../../../src/mailnode/admin/checks.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { until } from "../fixtures/until.ts";

/* Real sockets, on a machine that may be busy. */
jest.setTimeout(30_000);

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server that does with each piece what the test says; without that it takes connections and is silent. */
async function serve(speak: (socket: Socket, text: string) => void = () => undefined): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.setEncoding("latin1").on("data", (text: string) => speak(socket, text));
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Redis as far as PING: every command of a piece is answered, and refused before the right password came. */
function redisWith(password: string): (socket: Socket, text: string) => void {
  let known = false;
  return (socket, text) => {
    for (const command of text.split(/(?=\*\d+\r\n)/)) {
      const [name, ...rest] = command.split("\r\n").filter((_, index) => index > 0 && index % 2 === 0);
      if (name?.toLowerCase() === "hello") known = rest.includes(password);
      if (!known) socket.write("-WRONGPASS invalid username-password pair or user is disabled.\r\n");
      else socket.write(name?.toLowerCase() === "ping" ? "+PONG\r\n" : "+OK\r\n");
    }
  };
}

describe("a check", () => {
  it("is ok when its question is answered", async () => {
    expect(await check(1_000, systemEnv, () => Promise.resolve())()).toEqual({ status: "ok" });
  });

  it("gives the code of an error and none of its text", async () => {
    const error = Object.assign(new Error("password hunter2"), { code: "ER_ACCESS_DENIED_ERROR" });
    expect(await check(1_000, systemEnv, () => Promise.reject(error))()).toEqual({
      status: "failed",
      reason: "ER_ACCESS_DENIED_ERROR",
    });
  });

  it("does not wait for a question that hangs, and tells it to end", async () => {
    let ended = false;
    const outcome = await check(20, systemEnv, (signal) => {
      signal.addEventListener("abort", () => (ended = true));
      return new Promise(() => undefined);
    })();
    expect(outcome).toEqual({ status: "failed", reason: "no answer in 20 ms" });
    expect(ended).toBe(true);
  });
});

describe("the check of Redis", () => {
  it("is ok after a login and a PING, and leaves no connection", async () => {
    const port = await serve(redisWith("secret"));
    expect(await redisCheck({ host: "127.0.0.1", port, password: "secret" }, 1_000, systemEnv)()).toEqual({
      status: "ok",
    });
    await until(() => sockets.every((socket) => socket.destroyed));
  });

  it("fails with a wrong password, without showing it", async () => {
    const port = await serve(redisWith("secret"));
    const outcome = await redisCheck({ host: "127.0.0.1", port, password: "hunter2" }, 1_000, systemEnv)();
    expect(outcome).toEqual({ status: "failed", reason: "WRONGPASS" });
  });

  it("fails when nobody listens, and in time when somebody listens and is silent", async () => {
    const [port] = await freePorts(1);
    expect(await redisCheck({ host: "127.0.0.1", port: port!, password: "x" }, 1_000, systemEnv)()).toEqual({
      status: "failed",
      reason: "ECONNREFUSED",
    });
    const silent = await serve();
    expect(
      (await redisCheck({ host: "127.0.0.1", port: silent, password: "x" }, 50, systemEnv)()).status,
    ).toBe("failed");
    await until(() => sockets.every((socket) => socket.destroyed));
  });
});

describe("the check of the database", () => {
  const database = { host: "127.0.0.1", user: "u", password: "hunter2", name: "n" };

  it("fails when nobody listens", async () => {
    const [port] = await freePorts(1);
    expect(await databaseCheck({ ...database, port: port! }, 1_000, systemEnv)()).toEqual({
      status: "failed",
      reason: "ECONNREFUSED",
    });
  });

  it("fails in time when somebody listens and is silent, and leaves no connection", async () => {
    const port = await serve();
    expect((await databaseCheck({ ...database, port }, 50, systemEnv)()).status).toBe("failed");
    await until(() => sockets.every((socket) => socket.destroyed));
  });
});
