/** The first entry of a journal, by a person at a desk. */
export function begun(run: string) {
  return {
    kind: "begun",
    run,
    cluster: "acme",
    runbook: "test",
    command: "mbctl test",
    arguments: {},
    operator: { user: "alice", host: "desk" },
    answers: {},
    description: "d",
  } as const;
}
