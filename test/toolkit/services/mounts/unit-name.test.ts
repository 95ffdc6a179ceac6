import { describe, expect, it } from "@jest/globals";
import { mountUnitName } from "../../../../src/toolkit/services/mounts/unit-name.ts";

describe("the name of a mount unit", () => {
  // Right-hand sides are what systemd-escape 252 --path --suffix=mount prints.
  it.each([
    ["/var/lib/mailbastion/quarantine", "var-lib-mailbastion-quarantine.mount"],
    ["/var/lib/mail-bastion/.quar_antine@x", "var-lib-mail\\x2dbastion-.quar_antine\\x40x.mount"],
    ["/.hidden", "\\x2ehidden.mount"],
    ["//srv//mail/", "srv-mail.mount"],
    ["/a+b", "a\\x2bb.mount"],
    ["/", "-.mount"],
  ])("of %s is %s", (path, name) => {
    expect(mountUnitName(path)).toBe(name);
  });
});
