import { critical, note } from "../finding.ts";
import { isDrained, type Rules } from "../view.ts";

/**
 * What the forming phases say of the tiers as wholes: they know best what a tier lacks, and where a person decides.
 * What is left to do on machines that somebody has drained is left so on purpose.
 */
export const adviceRules: Rules = (view) =>
  view.status.advice.map(({ service, machines, message, remedy }) => {
    const isMeant = machines.length > 0 && machines.every((machine) => isDrained(view, machine));
    return (isMeant ? note : critical)({
      rule: "tier-incomplete",
      machines,
      finding: `${service}: ${message}`,
      remedy: isMeant ? "" : remedy,
      evidence: [`what forms ${service} has looked at all of its machines`],
    });
  });
