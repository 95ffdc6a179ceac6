import { Command } from "commander";
import { isDrainedOnly, STATUS_EXIT } from "../../contract/node-status.ts";
import { takesMail } from "../../contract/witness-config.ts";
import { UserError } from "../../support/errors.ts";
import { realBlockingDisk } from "../disk/real-blocking-disk.ts";
import { realDisk } from "../disk/real-disk.ts";
import { Spool } from "../queue/spool.ts";
import { inspectLog } from "../raft/log/inspect-log.ts";
import { verifyLog } from "../raft/log/verify-log.ts";
import { askNode } from "./ask-node.ts";
import { DEFAULT_CONFIG, readConfig } from "./config-file.ts";
import { queueTable } from "./queue-table.ts";
import { systemEnv } from "./system-env.ts";
import { version } from "./version.ts";

interface ConfigOption {
  readonly config: string;
}

const program = new Command("mbnode")
  .description("The mail node of a Mailbastion cluster")
  .version(version())
  .addHelpText("after", "\nExample:\n  mbnode run --config /etc/mailbastion/mbnode.json");

program
  .command("run")
  .description("take and deliver mail until SIGTERM, which drains")
  .option("-c, --config <file>", "configuration", DEFAULT_CONFIG)
  .action(async ({ config }: ConfigOption) => {
    // Loaded here alone, so that the small commands start quickly.
    const { run } = await import("./run.ts");
    await run(config);
  });

program
  .command("check")
  .description("validate a configuration: exit code 0, or 1 with every fault on a line")
  .argument("<file>")
  .action(async (file: string) => {
    await readConfig(file);
  });

program
  .command("queue")
  .description("list the messages that wait on this machine")
  .option("-c, --config <file>", "configuration", DEFAULT_CONFIG)
  .action(async ({ config }: ConfigOption) => {
    const read = await readConfig(config);
    // A witness takes no mail: nothing waits there.
    const entries = takesMail(read) ? await Spool.look(realDisk, read.queue.path, systemEnv) : [];
    process.stdout.write(queueTable(entries));
  });

program
  .command("status")
  .description(
    "ask the running node how it is: exit code 0 when it is well, 3 when it is drained and nothing else",
  )
  .option("-c, --config <file>", "configuration", DEFAULT_CONFIG)
  .option("--ready", "ask only whether it takes mail")
  .action(async (options: ConfigOption & { readonly ready?: boolean }) => {
    const answer = await askNode(await readConfig(options.config), options.ready ? "/ready" : "/health");
    process.stdout.write(answer.body);
    const otherwise = isDrainedOnly(answer.body) ? STATUS_EXIT.drained : STATUS_EXIT.unwell;
    process.exitCode = answer.status === 200 ? 0 : otherwise;
  });

const log = program
  .command("log")
  .description("look into the Raft log of a node, without changing it")
  .addHelpText("after", "\nExample:\n  mbnode log verify /var/lib/mailbastion/raft");

log
  .command("inspect")
  .description("list segments, entries and terms, and what the log says in the end")
  .argument("<directory>")
  .action((directory: string) => {
    process.stdout.write(inspectLog(realBlockingDisk, directory));
  });

log
  .command("verify")
  .description("read every record and the snapshot: exit code 0 whole, 3 torn tail (harmless), 4 corrupt")
  .argument("<directory>")
  .action(async (directory: string) => {
    const { text, exitCode } = await verifyLog(realBlockingDisk, realDisk, directory);
    process.stdout.write(`${text}\n`);
    process.exitCode = exitCode;
  });

if (process.argv[2] === "ctl") program.addCommand((await import("./ctl/program.ts")).ctlCommand());
else program.command("ctl").description("look at the cluster, and operate it; see mbnode ctl --help");

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(
    error instanceof UserError
      ? `mbnode: ${error.message}\n${error.remedy}\n`
      : `mbnode: ${(error as Error).message}\n`,
  );
  process.exitCode = 1;
}
