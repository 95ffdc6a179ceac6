import { describe, expect, it } from "@jest/globals";
import { by, expose, single } from "../../../../src/mailnode/admin/metrics/exposition.ts";

describe("metrics as text", () => {
  it("are what Prometheus' text format 0.0.4 says, labels and help escaped", () => {
    const text = expose([
      single("gauge", "a_bytes", "One\nline \\ here.", 1.5),
      by("counter", "b_total", "By kind.", "kind", { 'x"y\\z\n': 2, plain: 0 }),
      {
        name: "c_seconds",
        help: "How long.",
        values: { type: "histogram", figures: { buckets: [{ atMost: 0.1, count: 1 }], count: 3, sum: 4.5 } },
      },
    ]);
    expect(text).toBe(String.raw`# HELP a_bytes One\nline \\ here.
# TYPE a_bytes gauge
a_bytes 1.5
# HELP b_total By kind.
# TYPE b_total counter
b_total{kind="x\"y\\z\n"} 2
b_total{kind="plain"} 0
# HELP c_seconds How long.
# TYPE c_seconds histogram
c_seconds_bucket{le="0.1"} 1
c_seconds_bucket{le="+Inf"} 3
c_seconds_sum 4.5
c_seconds_count 3
`);
  });
});
