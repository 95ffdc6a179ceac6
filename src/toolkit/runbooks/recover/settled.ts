import { hasNoHistory, type Member } from "../../services/galera/member.ts";
import { knownPosition } from "../../services/galera/position-table.ts";

/**
 * Whether the member says all that can be known of its data without asking them. A history whose place was not saved can
 * be asked for, also where nobody has made a table in it yet.
 */
export function isSettled(member: Member): boolean {
  return knownPosition(member) !== undefined || (!member.holdsData && hasNoHistory(member));
}
