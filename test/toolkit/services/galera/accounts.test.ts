import { describe, expect, it } from "@jest/globals";
import { secretsIn } from "../../../../src/support/placeholder.ts";
import { accountHost, accountsPhase } from "../../../../src/toolkit/services/galera/accounts.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

const phase = accountsPhase({ topology: threeMachines, secret: (name) => `@@secret:${name}:1@@` });

/** What a server with everything in place answered. */
const COMPLETE = [
  "server\tyes",
  "database\tinformation_schema",
  "database\tmailbastion",
  "account\tmailbastion\t192.168.1.0/255.255.255.0",
  "account\tmailbastion-dbcheck\tlocalhost",
  "account\troot\tlocalhost",
  "grant\tmailbastion\t192.168.1.0/255.255.255.0\tmailbastion",
  "privilege\t'mailbastion-dbcheck'@'localhost'\tCONNECTION ADMIN",
  "privilege\t'root'@'localhost'\tCONNECTION ADMIN",
  "login\tyes",
];
const statements = (lines: readonly string[]) =>
  phase
    .decide(new Map([["node-1", { code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" }]]))
    .flat()
    .flatMap(({ commands }) => commands.flatMap(({ stdin }) => (stdin as string).split("\n")));

describe("databases and accounts", () => {
  it("are left alone when they are there and the password fits", () => {
    expect(statements(COMPLETE)).toEqual([]);
  });

  it("are all made on an empty server, for the cluster's network only", () => {
    expect(statements(["server\tyes"])).toEqual([
      "CREATE DATABASE IF NOT EXISTS `mailbastion` CHARACTER SET utf8mb4;",
      "CREATE USER IF NOT EXISTS 'mailbastion'@'192.168.1.0/255.255.255.0' IDENTIFIED BY '@@secret:database/password:1@@';",
      "GRANT ALL PRIVILEGES ON `mailbastion`.* TO 'mailbastion'@'192.168.1.0/255.255.255.0';",
      "CREATE USER IF NOT EXISTS 'mailbastion-dbcheck'@'localhost' IDENTIFIED VIA unix_socket;",
      "GRANT CONNECTION ADMIN ON *.* TO 'mailbastion-dbcheck'@'localhost';",
    ]);
  });

  it("are planned for a machine without a server", () => {
    expect(statements([])).toHaveLength(5);
  });

  it("get the new password when the present one no longer logs in", () => {
    expect(statements(COMPLETE.filter((line) => !line.startsWith("login")))).toEqual([
      "ALTER USER 'mailbastion'@'192.168.1.0/255.255.255.0' IDENTIFIED BY '@@secret:database/password:1@@';",
    ]);
  });

  it("let the health check of an earlier release in when programs have every connection", () => {
    expect(statements(COMPLETE.filter((line) => !line.startsWith("privilege\t'mailbastion")))).toEqual([
      "GRANT CONNECTION ADMIN ON *.* TO 'mailbastion-dbcheck'@'localhost';",
    ]);
  });

  it("never show the password in an argument", () => {
    const step = phase.decide(new Map([["node-1", { code: 0, stdout: "", stderr: "" }]])).flat()[0]!;
    for (const command of [phase.observe("node-1"), ...step.commands, step.verify!.command]) {
      expect(secretsIn(command.argv.join(" "))).toEqual([]);
      expect(secretsIn(command.stdin as string)).toHaveLength(1);
    }
  });

  it("name the hosts of a network as MariaDB does", () => {
    expect(accountHost("10.77.201.0/24")).toBe("10.77.201.0/255.255.255.0");
    expect(accountHost("10.0.0.0/8")).toBe("10.0.0.0/255.0.0.0");
    expect(accountHost("10.1.2.3/32")).toBe("10.1.2.3/255.255.255.255");
  });
});
