import { describe, expect, it } from "@jest/globals";
import { maskPresent, maskWanted } from "../../../../src/toolkit/runbooks/plan/mask.ts";

const WANTED =
  "user mail\npassword @@secret:x/y:2@@\nurl=http://u:@@secret:x/z:1@@@host\nbind @@fact:interface/10.0.0.1@@\n";

describe("a file in a plan", () => {
  it("shows *** for every secret of the new version", () => {
    expect(maskWanted(WANTED)).toBe(
      "user mail\npassword ***\nurl=http://u:***@host\nbind (interface/10.0.0.1)\n",
    );
  });

  it.each([
    ["the vault's own", "password present-secret\n"],
    ["an older one that the vault has forgotten", "password Older-Secret-9\n"],
    ["one that somebody typed by hand, indented otherwise", "   password typed # by me\n"],
  ])("hides a present secret: %s", (_which, text) => {
    const shown = maskPresent(text, WANTED, ["present-secret"]);
    expect(shown).toMatch(/^ *password \*\*\*\n$/);
  });

  it("hides a secret wherever else it stands", () => {
    expect(maskPresent("# it is present-secret\n", WANTED, ["present-secret"])).toBe("# it is ***\n");
  });

  it("hides secrets that are whole lines, also those that the vault does not know", () => {
    const wanted =
      "# who knows one of these talks with us\n\n@@secret:gossip/key:2@@\n  @@secret:gossip/key:1@@,\nend\n";
    const present = "# who knows one of these talks with us\n\npresent-key\n  Forgotten-Key\n# a note\nend\n";
    expect(maskPresent(present, wanted, ["present-key"])).toBe(
      "# who knows one of these talks with us\n\n***\n***\n***\nend\n",
    );
  });

  it("hides private keys, also one that is cut short", () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nMIIabc\nxyz\n-----END PRIVATE KEY-----\n";
    expect(maskPresent(`${pem}rest\n`, "", [])).toBe(
      "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----\nrest\n",
    );
    expect(maskPresent("-----BEGIN EC PRIVATE KEY-----\nMIIabc", "", [])).not.toContain("MIIabc");
  });
});
