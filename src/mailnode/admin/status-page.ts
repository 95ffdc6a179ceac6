/** What the page shows. */
export interface StatusFacts {
  readonly node: string;
  readonly version: string;
  readonly queueLength: number;
  readonly draining: boolean;
  /** Votes, and takes no mail. */
  readonly isWitness: boolean;
}

/** A page for people, without scripts and without anything that would tell a stranger more. */
export function statusPage(facts: StatusFacts): string {
  const rows = [
    ["Node", facts.node],
    ["Version", facts.version],
    ["Queue", `${facts.queueLength} ${facts.queueLength === 1 ? "message" : "messages"}`],
    ["State", facts.isWitness ? "a witness: votes only" : facts.draining ? "draining" : "taking mail"],
  ];
  const cells = rows.map(([name, value]) => `<tr><th>${name}</th><td>${escape(value!)}</td></tr>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escape(facts.node)} - Mailbastion</title></head>
<body>
<h1>Mailbastion</h1>
<table>
${cells}
</table>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
