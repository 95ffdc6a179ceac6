import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { ClusterStatus } from "../../../../src/toolkit/status/cluster-status.ts";
import type { DeepRules, DeepView } from "../../../../src/toolkit/status/doctor/deep-view.ts";
import type { KnownFile } from "../../../../src/toolkit/status/doctor/known-file.ts";
import type { Finding } from "../../../../src/toolkit/status/finding.ts";
import { viewOf } from "../whole.ts";

/** By machine and question: what was said, an answer, or undefined where none came in time. */
export type Said = Readonly<Record<string, Readonly<Record<string, string | Answer | undefined>>>>;

/** Its content holds a secret, so it has no hash here. */
export const FILE: KnownFile = {
  path: "/etc/haproxy/haproxy.cfg",
  owner: "root",
  group: "root",
  mode: "0600",
  check: { kind: "command", argv: ["haproxy", "-c", "-f", "{staged}"] },
};
export const HASHED: KnownFile = {
  ...FILE,
  path: "/etc/keepalived/keepalived.conf",
  mode: "0644",
  hash: "ab".repeat(32),
};

/** The whole cluster, in which machines answered the doctor so. */
export function deepView(said: Said, spoil?: (status: ClusterStatus) => void): DeepView {
  const asAnswer = (text: string | Answer | undefined) => {
    if (text === undefined) return "late";
    return typeof text === "string" ? { code: 0, stdout: text, stderr: "" } : text;
  };
  return {
    ...viewOf(spoil),
    more: new Map(
      Object.entries(said).map(([machine, answers]) => [
        machine,
        new Map(Object.entries(answers).map(([name, text]) => [name, asAnswer(text)])),
      ]),
    ),
    files: new Map([["node-1", [FILE, HASHED]]]),
  };
}

export function found(
  rules: DeepRules,
  said: Said,
  spoil?: (status: ClusterStatus) => void,
): readonly Finding[] {
  return rules(deepView(said, spoil));
}
