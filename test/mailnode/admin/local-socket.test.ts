import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Console } from "../../../src/mailnode/admin/console.ts";
import { localDoor } from "../../../src/mailnode/admin/door.ts";
import { LocalSocket } from "../../../src/mailnode/admin/local-socket.ts";

/* Starts a process, on a machine that may be busy. */
jest.setTimeout(30_000);

describe("the local socket", () => {
  let home: string;
  let path: string;
  let socket: LocalSocket;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "socket-"));
    path = join(home, "mbnode.sock");
    // Says who asks: all that is of interest here.
    const console = {
      answer: async (asked, response, door) => void response.end(JSON.stringify(door(asked))),
    } as Pick<Console, "answer"> as Console;
    socket = new LocalSocket({ path, console, door: localDoor("uid-0") });
  });
  afterEach(async () => {
    await rm(home, { recursive: true });
  });

  async function ask(headers: Record<string, string> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: path, headers, agent: false }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (piece: string) => (body += piece));
        response.on("end", () => resolve(JSON.parse(body)));
      });
      asked.on("error", reject).end();
    });
  }

  it("is for its owner alone, and gone when it is closed", async () => {
    await socket.start();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await ask()).toEqual({ actor: "local:uid-0", role: "admin" });
    expect(await ask({ "x-local-user": "alice" })).toEqual({ actor: "local:alice", role: "admin" });
    expect(await ask({ "x-local-user": "a b" })).toEqual({ actor: "local:uid-0", role: "admin" });
    await socket.stop();
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("leaves the mask for other files as it was", async () => {
    const before = process.umask();
    await socket.start();
    expect(process.umask()).toBe(before);
    await socket.stop();
  });

  it("takes the place of what a process that was killed has left", async () => {
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
    const other = spawn(process.execPath, ["-e", script]);
    await once(other.stdout, "data");
    await expect(socket.start()).rejects.toMatchObject({ code: "MAILNODE_SOCKET_TAKEN" });
    const ended = once(other, "exit");
    other.kill("SIGKILL");
    await ended;
    expect((await stat(path)).isSocket()).toBe(true);
    await socket.start();
    expect(await ask()).toMatchObject({ role: "admin" });
    await socket.stop();
  });

  it("leaves alone what another process answers at, and what is no socket", async () => {
    const other = createServer().listen(path);
    await once(other, "listening");
    await expect(socket.start()).rejects.toMatchObject({ code: "MAILNODE_SOCKET_TAKEN" });
    other.close();
    await once(other, "close");
    await writeFile(path, "mine");
    await expect(socket.start()).rejects.toMatchObject({ code: "MAILNODE_SOCKET_TAKEN" });
    expect((await stat(path)).size).toBe(4);
  });
});
