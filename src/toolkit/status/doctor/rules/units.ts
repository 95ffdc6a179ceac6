import { critical, note } from "../../finding.ts";
import { isDrained } from "../../view.ts";
import { answersTo, type DeepRules } from "../deep-view.ts";

/** Units of ours that do not run, with the last that they said. */
export const unitRules: DeepRules = (view) =>
  answersTo(view, "journal").flatMap(({ machine, answer }) =>
    answer.stdout
      .split(/^@unit\n/m)
      .slice(1)
      .map((block) => {
        const [head = "", ...lines] = block.trimEnd().split("\n");
        const [unit = "", state = "", result = ""] = head.split(" ");
        const isMeant = isDrained(view, machine);
        return (isMeant ? note : critical)({
          rule: "unit-down",
          machines: [machine],
          finding: `${unit} on ${machine} is ${state}`,
          cause: causeOf(result, lines),
          remedy: isMeant
            ? ""
            : state === "activating"
              ? `it tries again by itself; on ${machine}: journalctl -u ${unit} -f`
              : `mend what it says and, on ${machine}: systemctl reset-failed ${unit}; systemctl start ${unit}`,
          evidence: lines,
        });
      }),
  );

/** systemd.exec(5), "Process exit codes", and systemd.service(5), "Result". */
function causeOf(result: string, lines: readonly string[]): string {
  const text = lines.join("\n");
  if (/status=226/.test(text)) return "its name space could not be set up (226/NAMESPACE)";
  if (/status=217/.test(text)) return "its user could not be set up (217/USER)";
  if (/Address already in use/i.test(text)) return "another program holds its port";
  if (/No space left on device/i.test(text)) return "the disk is full";
  switch (result) {
    case "oom-kill":
      return "the kernel ended it, as memory was short";
    case "timeout":
      return "it did not start, or stop, in its time";
    case "start-limit-hit":
      return "it failed so often that systemd gave it up";
    case "signal":
    case "core-dump":
      return "a signal ended it";
    case "exit-code":
      return "it ended with an error";
    case "success":
      return "it was stopped, and nobody started it again";
    default:
      return "";
  }
}
