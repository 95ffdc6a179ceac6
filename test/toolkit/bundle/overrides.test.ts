import { createPatch } from "diff";
import { describe, expect, it } from "@jest/globals";
import { buildBundles } from "../../../src/toolkit/bundle/build.ts";
import { overridden, withoutVersions, type Override } from "../../../src/toolkit/bundle/overrides.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { toyFile, toyService } from "../fixtures/toy-service.ts";

const GENERATED = "# made\nlimit 10\npassword @@secret:x/y:3@@\n";

function override(changes: Partial<Override>): Override {
  return {
    source: "overrides/all/etc/a.append",
    scope: "all",
    path: "/etc/a",
    kind: "append",
    text: "more 1\n",
    ...changes,
  };
}

const patch = (to: string) => createPatch("/etc/a", withoutVersions(GENERATED), to);

describe("an override", () => {
  it("appends to a file of every machine, or of one", () => {
    const ours = [override({}), override({ scope: "node-2", text: "only here" })];
    expect(overridden("node-1", "/etc/a", GENERATED, ours)).toBe(`${GENERATED}more 1\n`);
    expect(overridden("node-2", "/etc/a", GENERATED, ours)).toBe(`${GENERATED}more 1\nonly here\n`);
    expect(overridden("node-1", "/etc/b", GENERATED, ours)).toBe(GENERATED);
  });

  it("patches a file, and still fits after its secret was rotated", () => {
    const text = patch("# made\nlimit 20\npassword @@secret:x/y@@\n");
    const rotated = GENERATED.replace(":3@@", ":4@@");
    expect(overridden("node-1", "/etc/a", rotated, [override({ kind: "patch", text })])).toBe(
      rotated.replace("10", "20"),
    );
  });

  it("that does not fit any more is refused with its name and what to do", () => {
    const text = patch("# made\nlimit 20\npassword @@secret:x/y@@\n");
    expect(() =>
      overridden("node-1", "/etc/a", "quite another file\n", [
        override({ kind: "patch", text, source: "overrides/all/etc/a.patch" }),
      ]),
    ).toThrow(/overrides\/all\/etc\/a\.patch: does not fit \/etc\/a as it is generated now/);
  });

  it("changes the bundle's hash, so that a plan sees it", () => {
    const services = [toyService("a", { files: () => [toyFile("/etc/a", "text\n")] })];
    const [plain] = buildBundles(threeMachines, { services });
    const [changed] = buildBundles(threeMachines, { services, overrides: [override({})] });
    expect(changed!.files[0]!.content).toBe(`${plain!.files[0]!.content}more 1\n`);
    expect(changed!.hash).not.toBe(plain!.hash);
  });

  it("of a file that bears its hash in its name is a fault, under either name", () => {
    const services = [
      toyService("a", { files: () => [toyFile("/etc/a.pem", "key\n", { addressed: true })] }),
    ];
    const [bundle] = buildBundles(threeMachines, { services });
    const build = (path: string) =>
      buildBundles(threeMachines, { services, overrides: [override({ path })] });
    expect(() => build(bundle!.files[0]!.path)).toThrow(
      `${bundle!.files[0]!.path} bears the hash of its content in its name and takes no override`,
    );
    expect(() => build("/etc/a.pem")).toThrow("no file /etc/a.pem is generated for any machine");
  });

  it("of a path that nothing generates is a fault, not a silence", () => {
    const services = [toyService("a", { files: () => [toyFile("/etc/a", "text\n")] })];
    expect(() =>
      buildBundles(threeMachines, { services, overrides: [override({ path: "/etc/typo" })] }),
    ).toThrow("no file /etc/typo is generated for any machine");
  });
});
