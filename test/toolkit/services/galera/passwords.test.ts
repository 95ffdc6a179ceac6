import { describe, expect, it } from "@jest/globals";
import { acceptBoth, acceptOnly } from "../../../../src/toolkit/services/galera/passwords.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

describe("the application's password", () => {
  it("may be either of two, by the same way to log in twice", () => {
    const { argv, stdin } = acceptBoth(threeMachines, "old", "new");
    expect(argv).toEqual(["mariadb", "--batch"]);
    expect(stdin).toBe(
      "ALTER USER 'mailbastion'@'192.168.1.0/255.255.255.0' IDENTIFIED VIA mysql_native_password USING PASSWORD('old') OR mysql_native_password USING PASSWORD('new');\n",
    );
  });

  it("is one only in the end", () => {
    expect(acceptOnly(threeMachines, "new").stdin).toBe(
      "ALTER USER 'mailbastion'@'192.168.1.0/255.255.255.0' IDENTIFIED BY 'new';\n",
    );
  });
});
