import type { Command } from "commander";
import { learnContainerKeys, openTarget } from "../../project/target.ts";
import { services } from "../../services/registry.ts";
import { SshTransport } from "../../ssh/ssh-transport.ts";
import { collectStatus } from "../../status/collect.ts";
import { findings } from "../../status/judge.ts";
import { statusTable } from "../../status/table.ts";
import { machineNamed } from "../../topology/topology.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption, targetOptions } from "../options.ts";

interface Options {
  readonly file?: string;
  readonly lab?: boolean | string;
  readonly stack?: string;
  readonly identity?: readonly string[];
  readonly json?: boolean;
}

export function addStatus(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command("status")
    .description("ask every machine how each service does, and say what to type where one does not");
  example(jsonOption(targetOptions(command)), "mbctl status --lab").action(async (options: Options) =>
    end(await status(options, io)),
  );
}

export async function status(options: Options, io: Io): Promise<number> {
  const target = await openTarget(options, io.environment);
  await learnContainerKeys(target);
  const { topology, ssh } = target;
  const transport = new SshTransport((name) => machineNamed(topology, name).ssh, ssh);
  try {
    const found = await collectStatus(topology, services, transport);
    const wrong = findings(found);
    io.out(
      options.json
        ? JSON.stringify({ ok: wrong.length === 0, ...found, findings: wrong })
        : statusTable(found),
    );
    return wrong.length === 0 ? EXIT.done : EXIT.failed;
  } finally {
    await transport.close();
  }
}
