import type { IStackSynthesizer, ISynthesisSession, TerraformStack } from "cdktf";
import { join } from "node:path";

/**
 * Lets `write` put more files into the folder of a stack, after the stack's own synthesis, which throws when a
 * validation fails: what is wrong leaves no files behind.
 */
export class FolderSynthesizer implements IStackSynthesizer {
  readonly #stack: TerraformStack;
  readonly #inner: IStackSynthesizer;
  readonly #write: (folder: string) => void;

  constructor(stack: TerraformStack, write: (folder: string) => void) {
    this.#stack = stack;
    this.#inner = stack.synthesizer;
    this.#write = write;
  }

  synthesize(session: ISynthesisSession): void {
    this.#inner.synthesize(session);
    this.#write(join(session.outdir, session.manifest.forStack(this.#stack).workingDirectory));
  }
}
