import { single, type Family } from "./exposition.ts";

/** What a node does for mail at this moment. */
export interface NodeFigures {
  readonly version: string;
  readonly queueLength: number;
  readonly smtpSessions: number;
  readonly draining: boolean;
}

/** Metrics of the process and of its mail. The names of the process's own are those that all exporters use. */
export function nodeMetrics({
  version,
  queueLength,
  smtpSessions,
  draining,
}: NodeFigures): readonly Family[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const startedS = (performance.timeOrigin / 1000).toFixed(3);
  return [
    {
      name: "mailbastion_build_info",
      help: "Always 1; its label tells the version.",
      values: { type: "gauge", samples: [{ labels: { version }, value: 1 }] },
    },
    single("gauge", "mailbastion_queue_messages", "Messages that wait on this machine.", queueLength),
    single("gauge", "mailbastion_smtp_sessions", "SMTP sessions that are open.", smtpSessions),
    single("gauge", "mailbastion_draining", "1 while the node takes no new sessions.", Number(draining)),
    single("gauge", "process_resident_memory_bytes", "Memory that the process has.", rss),
    single("gauge", "nodejs_heap_size_used_bytes", "Memory that its objects take.", heapUsed),
    single(
      "counter",
      "process_cpu_seconds_total",
      "Processor time of the process.",
      (user + system) / 1_000_000,
    ),
    single("gauge", "process_start_time_seconds", "Since 1970.", Number(startedS)),
  ];
}
