import type { Answer } from "../../../../src/toolkit/steps/command.ts";

/*
 * What real MariaDB 10.11.19 members with Galera 26.4.23 answered to observeMember, in the situations that the
 * names say. Ids are shortened nowhere: their shape matters.
 */

const HISTORY = "82427ec6-e685-11f1-923a-a2e7766fb756";
export const OTHER_HISTORY = "11111111-2222-3333-4444-555555555555";

const IDS = [
  "97af50f1-e687-11f1-8c7a-e678729e3b36",
  "a626c5db-e687-11f1-90f1-5e9db46e9fa9",
  "b01832ce-e687-11f1-ba35-973504c8de76",
] as const;

interface Parts {
  readonly unit: string;
  readonly status?: string;
  readonly grastate?: string;
  readonly gvwstate?: string;
  readonly log?: string;
  readonly databases?: string;
}

export function answer(parts: Parts): Answer {
  const { unit, status = "", grastate = "", gvwstate = "", log = "", databases = "" } = parts;
  const stdout = `@unit\n${unit}\n@status\n${status}@grastate\n${grastate}@gvwstate\n${gvwstate}@log\n${log}@databases\n${databases}`;
  return { code: 0, stdout, stderr: "" };
}

export function grastate(seqno: number, { uuid = HISTORY, safe = 0 } = {}): string {
  return `# GALERA saved state\nversion: 2.1\nuuid:    ${uuid}\nseqno:   ${seqno}\nsafe_to_bootstrap: ${safe}\n`;
}

/** The view of these members (0 to 2) as the one at `self` wrote it. */
export function gvwstate(
  self: number,
  members: readonly number[],
  sequence: number,
  own = IDS[self]!,
): string {
  const lines = members.map((index) => `member: ${IDS[index]} 0\n`).join("");
  return `my_uuid: ${own}\n#vwbeg\nview_id: 3 ${IDS[members[0]!]} ${sequence}\nbootstrap: 0\n${lines}#vwend\n`;
}

export function status(
  cluster: string,
  state: string,
  ready: string,
  { uuid = HISTORY, committed = 31 } = {},
): string {
  return [
    "wsrep_on\tON",
    `wsrep_last_committed\t${committed}`,
    `wsrep_local_state_comment\t${state}`,
    `wsrep_cluster_state_uuid\t${uuid}`,
    `wsrep_cluster_status\t${cluster}`,
    "wsrep_connected\tON",
    `wsrep_ready\t${ready}\n`,
  ].join("\n");
}

const TABLE = "/var/lib/mysql/mailbastion/t.ibd\n";
const RAN = "2026-11-22 15:16:33 2 [Note] WSREP: Synchronized with group, ready for connections\n";
const ALL = [0, 1, 2];

/** No MariaDB on the machine yet. */
export const bare = answer({ unit: "inactive" });

/** Installed, and once started in vain: Galera left an empty grastate.dat. */
export const fresh = answer({ unit: "failed" });

export const inService = (index: number): Answer =>
  answer({
    unit: "active",
    status: status("Primary", "Synced", "ON"),
    grastate: grastate(-1),
    gvwstate: gvwstate(index, ALL, 7),
    log: RAN,
    databases: TABLE,
  });

/** Lost power; the unit has not been started since. */
export const crashed = (index: number, members = ALL, sequence = 7): Answer =>
  answer({
    unit: "inactive",
    grastate: grastate(-1),
    gvwstate: gvwstate(index, members, sequence),
    log: RAN,
    databases: TABLE,
  });

/** Lost power, came back, and looks for the others; systemd starts it over and over. */
export const looking = (index: number, seqno = 24): Answer =>
  answer({
    unit: "activating",
    grastate: grastate(-1),
    gvwstate: gvwstate(index, ALL, 7, IDS[index]!.replace("-8c7a-", "-8c7b-") as (typeof IDS)[number]),
    log: `WSREP: Recovered position ${HISTORY}:${seqno},0-1-9\n`,
    databases: TABLE,
  });

/** Stopped in order: no saved view is left. */
export const stopped = (seqno: number, safe = 0, uuid = HISTORY): Answer =>
  answer({ unit: "inactive", grastate: grastate(seqno, { safe, uuid }), log: RAN, databases: TABLE });

/** Runs, but lost the majority. */
export const survivor = (index: number): Answer =>
  answer({
    unit: "active",
    status: status("non-Primary", "Initialized", "OFF"),
    grastate: grastate(-1),
    gvwstate: gvwstate(index, ALL, 7),
    log: RAN,
    databases: TABLE,
  });

export const joining = answer({
  unit: "activating",
  status: status("Primary", "Joined", "OFF"),
  grastate: grastate(-1),
});

/** A server of before, never in a cluster. */
export const standalone = answer({
  unit: "active",
  status: "wsrep_on\tOFF\nwsrep_cluster_status\tDisconnected\n",
  databases: "/var/lib/mysql/shop/orders.ibd\n",
});

export function answers(...each: readonly Answer[]): ReadonlyMap<string, Answer> {
  return new Map(each.map((one, index) => [`node-${index + 1}`, one]));
}

/** What an arbitrator answers to observeArbitrator: the third of the ids, with the view of this sequence if it has one. */
export const arbitrator = (unit: string, sequence?: number, members = ALL): Answer => ({
  code: 0,
  stdout: `@unit\n${unit}\n@gvwstate\n${sequence === undefined ? "" : gvwstate(2, members, sequence)}`,
  stderr: "",
});
