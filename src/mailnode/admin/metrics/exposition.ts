import type { HistogramFigures } from "../../../support/histogram.ts";

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric. A counter's name ends in _total, and every name in its unit (prometheus.io, "Metric and label naming"). */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly values:
    | { readonly type: "gauge" | "counter"; readonly samples: readonly Sample[] }
    | { readonly type: "histogram"; readonly figures: HistogramFigures };
}

/** A metric with one value. */
export function single(type: "gauge" | "counter", name: string, help: string, value: number): Family {
  return { name, help, values: { type, samples: [{ value }] } };
}

/** A metric with one value for each value of a label. */
export function by(
  type: "gauge" | "counter",
  name: string,
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
): Family {
  const samples = Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
  return { name, help, values: { type, samples } };
}

/** Metrics in Prometheus' text format, version 0.0.4. */
export function expose(families: readonly Family[]): string {
  return families.map(textOf).join("");
}

function textOf({ name, help, values }: Family): string {
  const head = `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${values.type}\n`;
  if (values.type !== "histogram") return head + values.samples.map((sample) => line(name, sample)).join("");
  const { buckets, count, sum } = values.figures;
  const all = [
    ...buckets.map(({ atMost, count }) => [String(atMost), count] as const),
    ["+Inf", count] as const,
  ];
  return (
    head +
    all.map(([le, value]) => line(`${name}_bucket`, { labels: { le }, value })).join("") +
    line(`${name}_sum`, { value: sum }) +
    line(`${name}_count`, { value: count })
  );
}

function line(name: string, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}\n`;
}

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
