import { describe, expect, it } from "@jest/globals";
import { hasMembers } from "../../../../src/toolkit/services/galera/size.ts";
import { runWith } from "../shell.ts";

const ask = (status: string, size: number) =>
  runWith(hasMembers(5).command.argv, {
    programs: {
      mariadb: `case "$*" in *cluster_status*) printf 'wsrep_cluster_status\\t${status}\\n' ;; *) printf 'wsrep_cluster_size\\t${size}\\n' ;; esac`,
    },
  });

describe("the number of members", () => {
  it("is right only in the primary component", () => {
    expect(ask("Primary", 5).code).toBe(0);
    expect(ask("Primary", 4)).toMatchObject({ code: 1, stderr: "the component is Primary 4\n" });
    expect(ask("non-Primary", 5).code).toBe(1);
  });
});
