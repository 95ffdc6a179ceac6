import type { LogReading } from "./read-log.ts";

/** How a log ends, as a sentence. */
export function describeEnding(ending: LogReading["ending"]): string {
  const { verdict, end, path } = ending;
  if (verdict === "whole") return "whole";
  const place = `at byte ${end} of ${path}: ${ending.reason}`;
  return verdict === "torn" ? `torn tail ${place}; the node goes on without it` : `corrupt ${place}`;
}
