import type { Refusal } from "../refusals.ts";
import { by, type Family } from "./exposition.ts";

/** Metrics of the console itself. */
export function adminMetrics(refused: Readonly<Record<Refusal, number>>): readonly Family[] {
  return [
    by(
      "counter",
      "mailbastion_admin_refused_requests_total",
      "Requests to the console that were refused: no valid token, too many such from an address, or a role that does not suffice.",
      "reason",
      refused,
    ),
  ];
}
