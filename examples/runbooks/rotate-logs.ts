/*
 * A runbook of a project's own: put it into runbooks/ beside the description, then
 *   mbctl run rotate-logs --set machine=node-2 --dry-run
 */
import * as z from "zod";
import { act, ask, defineRunbook, knownMachine, plannedPhase, UserError } from "mailbastion/runbooks";

export default defineRunbook({
  name: "rotate-logs",
  summary: "rotate the logs of one machine now, and see that space was won",
  arguments: z.strictObject({ machine: z.string() }),
  isRepeatable: false,
  survey: ({ topology }, { machine }) => ({
    machines: [knownMachine(topology, machine).name],
    command: () => ask(["df", "--output=pcent", "/var/log"]),
  }),
  plan: (_context, { machine }, answers) => {
    if (!answers.has(machine))
      throw new UserError("ROTATE_AWAY", `${machine} does not answer`, "see mbctl status");
    return {
      phases: [
        plannedPhase("rotate", [
          [
            {
              title: "rotate the logs",
              machine,
              commands: [act(["journalctl", "--rotate"]), act(["journalctl", "--vacuum-time=2d"])],
            },
          ],
        ]),
      ],
      next: `mbctl exec ${machine} -- df /var/log`,
    };
  },
});
