import type { Second } from "./run-load.ts";
import type { LoadDocument } from "./report.ts";

const [WIDTH, HEIGHT] = [900, 420];
const PLOT = { left: 70, right: 20, top: 50, bottom: 50 };
const LINES = [
  { name: "p50", colour: "#2b7a78" },
  { name: "p95", colour: "#d98e04" },
  { name: "p99", colour: "#b3261e" },
] as const;

/** The latencies over time as a picture that stands alone: three lines, and a red mark below each second with failures. */
export function latencySvg(document: LoadDocument): string {
  const { timeline } = document;
  const mostMs = Math.max(1, ...timeline.map(({ p99 }) => p99));
  const last = Math.max(2, ...timeline.map(({ number }) => number));
  const [width, height] = [WIDTH - PLOT.left - PLOT.right, HEIGHT - PLOT.top - PLOT.bottom];
  const x = (second: number) => round(PLOT.left + ((second - 1) / (last - 1)) * width);
  const y = (ms: number) => round(PLOT.top + (1 - ms / mostMs) * height);
  const path = (name: "p50" | "p95" | "p99") =>
    timeline
      .filter(({ done }) => done > 0)
      .map((second) => `${x(second.number)},${y(second[name])}`)
      .join(" ");
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const [ms, at] = [mostMs * share, y(mostMs * share)];
    return `<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${at}" y2="${at}" stroke="#ddd"/><text x="${PLOT.left - 8}" y="${at + 4}" text-anchor="end">${round(ms)}</text>`;
  });
  const legend = LINES.map(
    ({ name, colour }, index) =>
      `<rect x="${WIDTH - 200 + index * 60}" y="16" width="12" height="12" fill="${colour}"/><text x="${WIDTH - 184 + index * 60}" y="26">${name}</text>`,
  );
  const failures = timeline
    .filter(({ failed }: Second) => failed > 0)
    .map(
      ({ number, failed }) =>
        `<circle cx="${x(number)}" cy="${HEIGHT - PLOT.bottom}" r="4" fill="#b3261e"><title>${failed} failed</title></circle>`,
    );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${PLOT.left}" y="26" font-size="14">${escaped(document.target)}: ${document.done} done, ${document.failed} failed</text>`,
    ...grid,
    ...LINES.map(
      ({ name, colour }) =>
        `<polyline points="${path(name)}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ),
    ...legend,
    ...failures,
    `<text x="${PLOT.left}" y="${HEIGHT - 14}">seconds, 1 to ${last}; the scale is in milliseconds</text>`,
    "</svg>\n",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
