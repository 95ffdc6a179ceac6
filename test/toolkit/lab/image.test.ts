import { describe, expect, it } from "@jest/globals";
import type Docker from "dockerode";
import { ensureImage, imageReference } from "../../../src/toolkit/lab/image.ts";
import { FakeHost } from "./fake-host.ts";

describe("the machine image", () => {
  it("has a tag made of its packages and files, whatever the order of the packages", async () => {
    const reference = await imageReference({ variant: "machine", packages: ["b", "a", "b"] });
    expect(reference).toMatch(/^mailbastion\/machine:[0-9a-f]{12}$/);
    expect(await imageReference({ variant: "machine", packages: ["a", "b"] })).toBe(reference);
    expect(await imageReference({ variant: "machine", packages: ["a", "c"] })).not.toBe(reference);
    expect(await imageReference({ variant: "bare", packages: ["a", "b"] })).toBe(
      reference.replace("machine", "bare"),
    );
  });

  it("is not built when the engine has it", async () => {
    const docker = { getImage: () => ({ inspect: () => Promise.resolve({}) }) } as unknown as Docker;
    const host = new FakeHost();
    const options = { variant: "machine", packages: ["a"], report: fail, host } as const;
    expect(await ensureImage({ docker, version: "" }, options)).toBe(await imageReference(options));
    expect(host.commands).toEqual([]);
  });

  it("shows the end of the build's output when it fails, and only then", async () => {
    const docker = {
      getImage: (name: string) => ({
        inspect: () => (name === "debian:12" ? Promise.resolve({}) : Promise.reject(new Error("404"))),
      }),
      buildImage: (context: NodeJS.ReadableStream) => {
        context.on("error", () => undefined).resume();
        return Promise.resolve({});
      },
      modem: {
        followProgress: (_stream: unknown, end: (error: Error) => void, event: (event: object) => void) => {
          for (let line = 0; line < 100; line++) event({ stream: `line ${line}\n` });
          end(new Error("returned a non-zero code: 100"));
        },
      },
    } as unknown as Docker;
    const attempt = ensureImage(
      { docker, version: "" },
      { variant: "machine", packages: ["a"], report: () => undefined, host: new FakeHost() },
    );
    await expect(attempt).rejects.toMatchObject({
      code: "IMAGE_BUILD_FAILED",
      message: expect.stringMatching(/non-zero code: 100\nline 71\n[^]*line 99\n$/),
    });
  });
});

function fail(line: string): never {
  throw new Error(`reported ${line}`);
}
