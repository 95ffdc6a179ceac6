import type { Command } from "commander";
import { rotateCertificates } from "../../runbooks/rotate/certificates.ts";
import { rotateSecrets } from "../../runbooks/rotate/secrets.ts";
import type { Io } from "../io.ts";
import { example } from "../options.ts";
import { addRunbook } from "./runbooks.ts";

export function addRotate(program: Command, io: Io, end: (code: number) => void): void {
  const rotate = example(
    program.command("rotate").description("give secrets of the cluster new values"),
    "mbctl rotate secrets",
  );
  const secrets = {
    usage: "secrets [names...]",
    runbook: rotateSecrets,
    read: (names: readonly string[]) => ({ names: names.filter((name) => name !== undefined) }),
    examples: ["mbctl rotate secrets", "mbctl rotate secrets cache/password"],
  };
  const certificates = {
    usage: "certificates",
    runbook: rotateCertificates,
    options: [{ flags: "--authority", description: "the authority that issues them as well" }],
    read: (_positional: readonly string[], { authority }: Readonly<Record<string, unknown>>) => ({
      authority: authority ?? false,
    }),
    examples: ["mbctl rotate certificates", "mbctl rotate certificates --authority"],
  };
  addRunbook(rotate, secrets, io, end);
  addRunbook(rotate, certificates, io, end);
}
