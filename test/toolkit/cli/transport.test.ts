import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Io } from "../../../src/toolkit/cli/io.ts";
import { openTransport } from "../../../src/toolkit/cli/transport.ts";
import type { Target } from "../../../src/toolkit/project/target.ts";
import { act } from "../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { optionsFor, startServer, type TestServer } from "../ssh/servers.ts";

jest.setTimeout(60_000);

describe("the way to the machines of a target", () => {
  let server: TestServer;
  let received: string;

  beforeEach(async () => {
    received = "";
    server = await startServer({
      exec: (channel, line) => {
        channel.on("data", (chunk: Buffer) => {
          received += chunk.toString();
          channel.stderr.write(/begun-\w+:/.exec(line)![0]);
          channel.exit(0);
          channel.end();
        });
        const prompt = /password-\w+:/.exec(line);
        if (prompt) channel.stderr.write(prompt[0]);
        else channel.end();
      },
    });
  });

  afterEach(() => server.stop());

  async function run(environment: Io["environment"]): Promise<unknown> {
    const io: Io = { out: () => undefined, err: () => undefined, isInteractive: false, environment };
    const [machine] = threeMachines.machines;
    const topology = {
      ...threeMachines,
      machines: [{ ...machine!, ssh: { ...server.target, user: "admin" } }],
    };
    const ssh = await optionsFor(server);
    const target: Target = { topology, project: server.folder, directory: server.folder, environment, ssh };
    const transport = openTransport(target, io);
    const outcome = await transport.run(machine!.name, act(["id"])).catch((error: unknown) => error);
    await transport.close();
    return outcome;
  }

  function file(text: string): string {
    const path = join(mkdtempSync(join(tmpdir(), "mailbastion-password-")), "password");
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  it("tells sudo the first line of the file that the environment names", async () => {
    expect(await run({ MAILBASTION_SUDO_PASSWORD_FILE: file("sword fish\nnot this\n") })).toMatchObject({
      code: 0,
    });
    expect(received).toBe("sword fish\n");
  });

  it.each([
    ["is not there", "/nowhere/password"],
    ["is empty", file("\nsecond\n")],
  ])("says which file %s", async (_what, path) => {
    expect(await run({ MAILBASTION_SUDO_PASSWORD_FILE: path })).toMatchObject({
      code: "SUDO_PASSWORD_FILE",
      message: expect.stringContaining(path),
    });
    expect(received).toBe("");
  });
});
