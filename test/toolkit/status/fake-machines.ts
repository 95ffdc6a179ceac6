import type { Transport } from "../../../src/toolkit/ssh/transport.ts";
import type { Answer } from "../../../src/toolkit/steps/command.ts";

export const ok: Answer = { code: 0, stdout: "", stderr: "" };

/** What a machine answers to one question; a thrown error is the machine's. */
export type Answering = (machine: string, argv: readonly string[]) => Answer | "late";

/** Machines that cannot be had in a unit test, behind the one command that status sends them. */
export function machinesThat(answer: Answering, sent: string[] = []): Transport {
  return {
    run: (machine, { argv }) =>
      Promise.resolve().then(() => {
        sent.push(machine);
        return { ...ok, stdout: framed(questionsIn(argv).map((question) => answer(machine, question))) };
      }),
    close: () => Promise.resolve(),
  };
}

/** After the script, its name and two limits: the number of words of each question, and the words. */
function questionsIn(argv: readonly string[]): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  for (let at = 6; at < argv.length;) {
    const size = Number(argv[at]);
    found.push(argv.slice(at + 1, at + 1 + size));
    at += 1 + size;
  }
  return found;
}

function framed(answers: readonly (Answer | "late")[]): string {
  const lines = (sign: string, text: string) => text.replaceAll(/^(?=.)/gm, sign);
  const blocks = answers.map((answer) =>
    answer === "late"
      ? "@late\n"
      : `@${answer.code}\n${lines("<", answer.stdout)}${lines(">", answer.stderr)}`,
  );
  return `clock 1795370279420757288\n${blocks.join("")}@clock 1795370279520757288\n`;
}
