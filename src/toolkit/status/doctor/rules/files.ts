import type { Answer } from "../../../steps/command.ts";
import { critical, warning, type Finding } from "../../finding.ts";
import { answersTo, type DeepRules, type DeepView } from "../deep-view.ts";
import type { KnownFile } from "../known-file.ts";

/** Files that are not what apply put there, and files that their own program refuses. */
export const fileRules: DeepRules = (view) => [...drift(view), ...refused(view)];

function drift(view: DeepView): readonly Finding[] {
  return answersTo(view, "files").flatMap(({ machine, answer }) => {
    const present = new Map(
      answer.stdout
        .split("\n")
        .map((line) => line.split("\t"))
        .map(([path, ...rest]) => [path!, rest]),
    );
    const differing = (view.files.get(machine) ?? []).flatMap((file) => {
      const difference = differenceOf(file, present.get(file.path));
      return difference === undefined ? [] : [`${file.path}: ${difference}`];
    });
    if (differing.length === 0) return [];
    return [
      warning({
        rule: "file-drift",
        machines: [machine],
        finding: `${differing.length === 1 ? "a file" : `${differing.length} files`} on ${machine} ${differing.length === 1 ? "is" : "are"} not as described`,
        cause: "somebody changed them by hand, or the description has changed and was not applied",
        remedy: "mbctl plan shows the difference, mbctl apply ends it",
        evidence: differing,
      }),
    ];
  });
}

function differenceOf(file: KnownFile, present: readonly string[] | undefined): string | undefined {
  const [mode, owner, group, hash] = present ?? ["missing"];
  if (mode === "missing") return "is not there";
  if (mode !== file.mode) return `mode ${mode} instead of ${file.mode}`;
  if (owner !== file.owner || group !== file.group)
    return `belongs to ${owner}:${group} instead of ${file.owner}:${file.group}`;
  if (file.hash !== undefined && hash !== file.hash) return "its content is another one";
  return undefined;
}

function refused(view: DeepView): readonly Finding[] {
  return [...view.files].flatMap(([machine, files]) =>
    files.flatMap(({ path, check }) => {
      const answer = view.more.get(machine)?.get(`check ${path}`);
      if (answer === undefined || answer === "late" || answer.code === 0 || isMissing(answer)) return [];
      const program = check.kind === "command" ? check.argv[0]! : "";
      return [
        critical({
          rule: "file-refused",
          machines: [machine],
          finding: `${path} on ${machine} is refused by its own program${program === "sh" ? "" : `, ${program}`}`,
          cause: "the running process still has the earlier one; a restart would fail",
          remedy: "mbctl apply puts back what is described",
          evidence: `${answer.stderr}\n${answer.stdout}`.split("\n").filter(Boolean).slice(0, 6),
        }),
      ];
    }),
  );
}

/** A file that is not there is drift; a program that is not there is what its own probe says. */
function isMissing({ code, stderr }: Answer): boolean {
  return code === 127 || /No such file or directory|not found/.test(stderr);
}
