import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { PORTS } from "../../../contract/ports.ts";
import { Duration } from "../../../support/duration.ts";
import { UserError } from "../../../support/errors.ts";
import { httpLoad } from "../../loadtest/http-load.ts";
import { refuseForeign } from "../../loadtest/recipients.ts";
import { LIVE_HEAD, liveLine, loadDocument, loadReport } from "../../loadtest/report.ts";
import { runLoad, type Pace } from "../../loadtest/run-load.ts";
import { type Load, smtpLoad } from "../../loadtest/smtp-load.ts";
import { latencySvg } from "../../loadtest/svg.ts";
import { openTarget, type TargetOptions } from "../../project/target.ts";
import { systemEnv } from "../../runner/system-env.ts";
import type { Topology } from "../../topology/topology.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { example, jsonOption, targetOptions } from "../options.ts";
import { readCount } from "../count.ts";
import { readAddress, readSize } from "./loadtest-options.ts";

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly rate?: string;
  readonly concurrency?: string;
  readonly connections: string;
  readonly duration: string;
  readonly timeout: string;
  readonly target?: string;
  readonly svg?: string;
}

interface SmtpOptions extends Options {
  readonly size: string;
  readonly to?: string;
  readonly iOwnThisDomain?: boolean;
}

interface HttpOptions extends Options {
  readonly path: string;
  readonly insecure?: boolean;
}

const DEFAULT_SENDERS = 10;

export function addLoadtest(program: Command, io: Io, end: (code: number) => void): void {
  const group = program.command("loadtest").description("put a load on the cluster and measure its answers");
  example(group, "mbctl loadtest smtp --concurrency 20");
  const smtp = common(
    group.command("smtp").description("send mail to the cluster, and measure until it is taken"),
  )
    .option("--size <bytes>", 'of each message, "10k"', "10k")
    .option("--to <address>", "whom to send to (default: postmaster at the cluster's first domain)")
    .option("--i-own-this-domain", "send to a domain that is none of the cluster's");
  example(smtp, "mbctl loadtest smtp --lab --rate 100 --duration 1m --svg load.svg").action(
    async (options: SmtpOptions) => end(await loadtest(options, io, smtpOf)),
  );
  const http = common(group.command("http").description("ask the cluster's console for a page over TLS"))
    .option("--path <path>", "of the page", "/")
    .option("--insecure", "take any certificate (a lab's is taken in any case)");
  example(http, "mbctl loadtest http --concurrency 20 --duration 30s").action(async (options: HttpOptions) =>
    end(await loadtest(options, io, httpOf)),
  );
}

function common(command: Command): Command {
  return jsonOption(targetOptions(command))
    .option("--rate <count>", "begin so many a second, whether earlier ones were answered or not")
    .option(
      "--concurrency <count>",
      `so many senders, each as fast as it is answered (default: ${DEFAULT_SENDERS})`,
    )
    .option("--connections <count>", "of a rate: the most that are under way at a time", "200")
    .option("--duration <time>", "for how long", "30s")
    .option("--timeout <time>", "the longest that one answer is waited for", "10s")
    .option("--target <host:port>", "instead of the cluster's VIP")
    .option("--svg <file>", "write a chart of the latencies over time");
}

interface Prepared {
  readonly name: string;
  readonly load: Load;
}

async function loadtest<Given extends Options>(
  options: Given,
  io: Io,
  prepare: (options: Given, topology: Topology) => Prepared,
): Promise<number> {
  const pace = readPace(options);
  const durationMs = Duration.parse(options.duration).ms;
  const { topology } = await openTarget(options, io.environment);
  const { name, load } = prepare(options, topology);
  const over = new AbortController();
  // The second Ctrl-C meets nobody who listens, and ends the process.
  const stop = (): void => over.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const isTold = !options.json && !io.isQuiet;
  if (isTold) io.out(LIVE_HEAD);
  try {
    const result = await runLoad({
      pace,
      durationMs,
      mostAtOnce: readCount("--connections", options.connections),
      attempt: () => load.once(),
      env: systemEnv,
      signal: over.signal,
      second: (second) => (isTold ? io.out(liveLine(second)) : undefined),
    });
    const document = loadDocument(name, result);
    io.out(options.json ? JSON.stringify(document) : `${isTold ? "\n" : ""}${loadReport(document, result)}`);
    if (options.svg !== undefined) await writeFile(options.svg, latencySvg(document));
    if (over.signal.aborted) return EXIT.interrupted;
    return document.failed > 0 || document.done === 0 ? EXIT.failed : EXIT.done;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    await load.close();
  }
}

function readPace({ rate, concurrency }: Options): Pace {
  if (rate !== undefined && concurrency !== undefined) {
    throw new UserError(
      "LOADTEST_PACE",
      "--rate and --concurrency say two different things",
      "give --rate for a fixed number a second, or --concurrency for so many senders",
    );
  }
  if (rate !== undefined) return { kind: "rate", perSecond: readCount("--rate", rate) };
  const senders = concurrency === undefined ? DEFAULT_SENDERS : readCount("--concurrency", concurrency);
  return { kind: "concurrency", senders };
}

function smtpOf(options: SmtpOptions, { mail, network }: Topology): Prepared {
  const to = options.to ?? `postmaster@${mail.domains[0] ?? "example.com"}`;
  refuseForeign(to, mail.domains, options.iOwnThisDomain ?? false);
  const { host, port } = readAddress(options.target, { host: network.vip, port: PORTS.smtp });
  const timeoutMs = Duration.parse(options.timeout).ms;
  const target = { host, port, timeoutMs, name: "loadtest.invalid" };
  const envelope = { from: `loadtest@${mail.domains[0] ?? "example.com"}`, to };
  return { name: `smtp://${host}:${port}`, load: smtpLoad(target, envelope, readSize(options.size)) };
}

function httpOf(options: HttpOptions, { mail, network, tls }: Topology): Prepared {
  const { host, port } = readAddress(options.target, { host: network.vip, port: PORTS.console });
  const load = httpLoad({
    host,
    port,
    path: options.path,
    serverName: mail.hostname,
    insecure: (options.insecure ?? false) || tls.public.kind === "lab",
    timeoutMs: Duration.parse(options.timeout).ms,
    connections: readCount("--connections", options.connections),
  });
  return { name: `https://${host}:${port}${options.path}`, load };
}
