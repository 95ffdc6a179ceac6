import { single, type Family } from "./exposition.ts";

/** What the queue takes and leaves on its disk, in bytes. */
export interface SpoolFigures {
  readonly failedBytes: number;
  /** Undefined when the disk does not say. */
  readonly freeBytes: number | undefined;
}

/** Metrics of the queue's disk. */
export function spoolMetrics({ failedBytes, freeBytes }: SpoolFigures): readonly Family[] {
  return [
    single("gauge", "mailbastion_queue_failed_bytes", "What failed mail takes on the disk.", failedBytes),
    ...(freeBytes === undefined
      ? []
      : [
          single(
            "gauge",
            "mailbastion_queue_filesystem_avail_bytes",
            "What the file system of the queue has left.",
            freeBytes,
          ),
        ]),
  ];
}
