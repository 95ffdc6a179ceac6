import { buffer } from "node:stream/consumers";
import { Command } from "commander";
import type { ConfigView, StateEntryView, WrittenView } from "../../../contract/cluster-api.ts";
import { readNamed } from "../config-file.ts";
import { act, described, type Common } from "./act.ts";
import { CTL_EXIT } from "./exit-codes.ts";
import { consistency, STALE } from "./look-commands.ts";

interface Expect {
  readonly expect?: number;
}

const EXPECT = "only if this version stands there; 0: only if nothing does";
const LEVEL = "on how many disks before it is answered: one, two, three, quorum, all";

/** Commands about what all nodes share: keys, and configuration documents. */
export function stateCommands(): readonly Command[] {
  return [stateCommand(), configCommand()];
}

function stateCommand(): Command {
  const get = new Command("get")
    .description("print a key's value as it is")
    .argument("<key>")
    .option("--stale", STALE)
    .action((key: string, options: Common & { readonly stale?: true }) =>
      act(options, "getState", { query: { key, ...consistency(options) } }, valueOf),
    );
  const put = new Command("put")
    .description("write a key")
    .argument("<key>")
    .argument("[value]", "the value; without it, or as -, it is read from standard input")
    .option("--ttl <seconds>", "ends by itself after so long", Number)
    .option("--level <level>", LEVEL, "quorum")
    .option("--expect <version>", EXPECT, Number)
    .action(
      async (
        key: string,
        value: string | undefined,
        options: Common & Expect & { readonly ttl?: number; readonly level: string },
      ) => {
        const { ttl, level, expect } = options;
        const ttlMs = ttl === undefined ? undefined : ttl * 1000;
        const body = { key, value: await base64(value), ttlMs, level, expect };
        await act(options, "putState", { body }, writtenLine);
      },
    );
  const remove = new Command("delete")
    .description("delete a key")
    .argument("<key>")
    .option("--level <level>", LEVEL, "quorum")
    .option("--expect <version>", EXPECT, Number)
    .action((key: string, options: Common & Expect & { readonly level: string }) => {
      const { level, expect } = options;
      return act(options, "deleteState", { query: { key, level, expect } }, writtenLine);
    });
  return new Command("state")
    .description("keys and values that all nodes share")
    .addCommand(described(get, "state get greylisting/delay"))
    .addCommand(described(put, "state put greylisting/delay 300 --expect 0"))
    .addCommand(described(remove, "state delete greylisting/delay"));
}

function configCommand(): Command {
  const get = new Command("get")
    .description("print a document's newest version as it is")
    .argument("<name>")
    .option("--stale", STALE)
    .action((name: string, options: Common & { readonly stale?: true }) =>
      act(options, "getConfig", { query: { name, ...consistency(options) } }, contentOf),
    );
  const put = new Command("put")
    .description("give a document to all nodes")
    .argument("<name>")
    .argument("<file>", "its content; - for standard input")
    .option("--expect <version>", "only if this is the newest version; 0: only if there is none", Number)
    .action(async (name: string, file: string, options: Common & Expect) => {
      const content =
        file === "-" ? await base64(undefined) : Buffer.from(await readNamed(file)).toString("base64");
      const body = { name, content, expect: options.expect };
      await act(options, "putConfig", { body }, ({ version }) => `version ${version}\n`);
    });
  return new Command("config")
    .description("configuration documents that every node receives")
    .addCommand(described(get, "config get relay-rules"))
    .addCommand(described(put, "config put relay-rules relay-rules.json --expect 3"));
}

async function base64(value: string | undefined): Promise<string> {
  const bytes = value === undefined || value === "-" ? await buffer(process.stdin) : Buffer.from(value);
  return bytes.toString("base64");
}

function valueOf({ value }: StateEntryView): Uint8Array {
  return Buffer.from(value, "base64");
}

function contentOf({ content }: ConfigView): Uint8Array {
  return Buffer.from(content, "base64");
}

function writtenLine({ committed, replicas, version }: WrittenView): string {
  if (!committed) process.exitCode = CTL_EXIT.weak;
  const which = version === undefined ? "" : `version ${version}, `;
  return committed
    ? `${which}committed${replicas > 0 ? ` on ${replicas} disks` : ""}\n`
    : `on ${replicas} disk, not committed: it may be lost with the leader\n`;
}
