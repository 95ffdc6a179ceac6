import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { render } from "../../../src/toolkit/bundle/render.ts";
import { keepalived } from "../../../src/toolkit/services/keepalived/service.ts";
import { sentinel } from "../../../src/toolkit/services/sentinel/service.ts";
import type { Service } from "../../../src/toolkit/services/service.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { sampleContext } from "./sample-context.ts";
import { runWith } from "./shell.ts";

/** The real texts in a real shell, with the file of a service in a folder. */
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "mailbastion-fixed-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const marker = "mailbastion: made from templates/a for the cluster acme";
const fileOf = (service: Service) =>
  service.files(sampleContext(threeMachines, threeMachines.machines[0]!))[0]!;

function present(service: Service, text: string | undefined, isActive = true): string {
  const file = join(folder, "file");
  if (text !== undefined) writeFileSync(file, text);
  const moved = service.fixed!(threeMachines)[0]!.present.replaceAll(fileOf(service).path, file);
  const answer = runWith(["sh", "-c", moved], { programs: { systemctl: `exit ${isActive ? 0 : 3}` } });
  expect(answer).toMatchObject({ code: 0, stderr: "" });
  return answer.stdout;
}

describe("the router ID that balancers live with", () => {
  const ours = render(fileOf(keepalived).content, marker);

  it("is that of the file on which keepalived runs", () => {
    expect(present(keepalived, ours)).toBe("51\n");
  });

  it("is none where keepalived does not run, or on a file that is not ours", () => {
    expect(present(keepalived, ours, false)).toBe("");
    expect(present(keepalived, ours.replace(marker, ""))).toBe("");
  });
});

describe("the name of the master that Sentinels live with", () => {
  const ours = render(fileOf(sentinel).content, marker);
  const begun = `${ours}\nsentinel myid 0123456789012345678901234567890123456789\n`;

  it("is that of the file to which a Sentinel has given its id", () => {
    expect(present(sentinel, begun)).toBe("mailbastion\n");
  });

  it("is none before a Sentinel has begun, of a file that is not ours, and where there is none", () => {
    expect(present(sentinel, undefined)).toBe("");
    expect(present(sentinel, ours)).toBe("");
    expect(present(sentinel, begun.replace(marker, ""))).toBe("");
  });
});
