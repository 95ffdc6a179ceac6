import { describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inFolder, readStack } from "./synth.ts";

type Core = "cdktf" | "cdktf-original";

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** cdk.tf.json of an example as a process makes it in which `cdktf` is this package, without what names its version. */
function synthesiseWith(core: Core, file: string, stack: string): unknown {
  return inFolder((outdir) => {
    const args = [
      "--import",
      path("use-core.ts"),
      path("synthesise-example.ts"),
      path(`../../../examples/${file}`),
    ];
    const printed = execFileSync(process.execPath, args, {
      encoding: "utf8",
      env: { ...process.env, CDKTF_CORE: core, CDKTF_OUTDIR: outdir },
    });
    const { version } = JSON.parse(
      readFileSync(path(`../../../node_modules/${core}/package.json`), "utf8"),
    ) as {
      version: string;
    };
    // Else both turns might have run on the same core.
    expect(printed.trim()).toBe(version);
    const text = JSON.stringify(readStack(outdir, stack));
    return JSON.parse(text.replaceAll(`"version":"${version}"`, '"version":"any"')) as unknown;
  });
}

describe("the archived original of cdktf and the core that is maintained", () => {
  it.each([
    ["three-machines.yaml", "acme"],
    ["separate-tiers.yaml", "separate"],
  ])("synthesise the same of %s", (file, stack) => {
    const alias = synthesiseWith("cdktf", file, stack);
    expect(alias).toHaveProperty("resource.terraform_data.apply");
    expect(alias).toEqual(synthesiseWith("cdktf-original", file, stack));
  });
});
