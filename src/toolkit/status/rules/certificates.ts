import { critical, warning, type Finding } from "../finding.ts";
import { answering, listed, type Rules, type View } from "../view.ts";

const SOON_DAYS = 21;
const DAY_MS = 86_400_000;

/** Certificates that run out, each once, with all machines that have it. */
export const certificateRules: Rules = (view) => {
  const all = answering(view).flatMap(({ machine, facts }) =>
    (facts?.certificates ?? []).map((certificate) => ({ machine, ...certificate })),
  );
  const ending = all.filter(({ notAfter }) => daysLeft(view, notAfter) < SOON_DAYS);
  return [...Map.groupBy(ending, ({ path, notAfter }) => `${path} ${notAfter}`).values()].map((same) =>
    finding(view, same),
  );
};

interface Found {
  readonly machine: string;
  readonly path: string;
  readonly notAfter: number;
}

function finding(view: View, same: readonly Found[]): Finding {
  const { path, notAfter } = same[0]!;
  const machines = same.map(({ machine }) => machine);
  const days = Math.floor(daysLeft(view, notAfter));
  const isOver = days < 0;
  return (isOver ? critical : warning)({
    rule: isOver ? "certificate-over" : "certificate-ends",
    machines,
    finding: `the certificate ${path} on ${listed(machines)} ${isOver ? `has been invalid for ${-days} days` : `ends in ${days} days`}`,
    remedy: remedyFor(view, path),
    evidence: [`notAfter ${new Date(notAfter).toISOString()}`],
  });
}

/** The operator's own is read anew at each apply; what the cluster made, it makes again. */
function remedyFor({ topology }: View, path: string): string {
  const isPublic = /\/public-[0-9a-f]+\.pem$/.test(path);
  return isPublic && topology.tls.public.kind === "files"
    ? `put a new one into ${topology.tls.public.certificateFile} and run mbctl apply`
    : "mbctl rotate certificates";
}

function daysLeft({ status }: View, notAfter: number): number {
  return (notAfter - status.at) / DAY_MS;
}
