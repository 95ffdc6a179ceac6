import { App, TerraformStack } from "cdktf";
import { describe, expect, it } from "@jest/globals";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FolderSynthesizer } from "../../../src/toolkit/constructs/folder-synthesizer.ts";
import { inFolder } from "./synth.ts";

describe("the synthesizer that fills a stack's folder", () => {
  it("is given the folder after the stack itself is in it", () => {
    inFolder((outdir) => {
      const app = new App({ outdir });
      const stack = new TerraformStack(app, "test");
      const seen: string[] = [];
      stack.synthesizer = new FolderSynthesizer(stack, (folder) => {
        seen.push(folder, ...readdirSync(folder));
      });
      app.synth();
      expect(seen).toEqual([join(outdir, "stacks", "test"), "cdk.tf.json"]);
    });
  });

  it("writes nothing when a validation fails", () => {
    inFolder((outdir) => {
      const app = new App({ outdir });
      const stack = new TerraformStack(app, "test");
      stack.node.addValidation({ validate: () => ["this will not do"] });
      let isWritten = false;
      stack.synthesizer = new FolderSynthesizer(stack, () => (isWritten = true));
      expect(() => app.synth()).toThrow("this will not do");
      expect(isWritten).toBe(false);
      expect(existsSync(join(outdir, "stacks", "test"))).toBe(false);
    });
  });
});
