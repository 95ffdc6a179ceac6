import type { Answer } from "../../steps/command.ts";
import { answering, type View } from "../view.ts";
import type { Finding } from "../finding.ts";
import type { KnownFile } from "./known-file.ts";

/** What the doctor's rules judge: what `status` sees, and what was asked besides. */
export interface DeepView extends View {
  readonly more: ReadonlyMap<string, ReadonlyMap<string, Answer | "late">>;
  readonly files: ReadonlyMap<string, readonly KnownFile[]>;
}

export type DeepRules = (view: DeepView) => readonly Finding[];

/** The answers to one question, of those machines that gave one. */
export function answersTo(
  view: DeepView,
  question: string,
): readonly { readonly machine: string; readonly answer: Answer }[] {
  return answering(view).flatMap(({ machine }) => {
    const answer = view.more.get(machine)?.get(question);
    return answer === undefined || answer === "late" ? [] : [{ machine, answer }];
  });
}
