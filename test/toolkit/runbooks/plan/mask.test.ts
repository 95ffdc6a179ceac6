import { describe, expect, it } from "@jest/globals";
import { maskPresent, maskWanted } from "../../../../src/toolkit/runbooks/plan/mask.ts";

const WANTED =
  "user mail\npassword @@secret:x/y:2@@\nurl=http://u:@@secret:x/z:1@@@host\nbind @@fact:interface/10.0.0.1@@\n";

const fact = () => "ens18";
const shownOf = (present: string, wanted: string, secrets: readonly string[]) =>
  maskPresent(present, wanted, fact, secrets);

describe("a file in a plan", () => {
  const shown = "user mail\npassword ***\nurl=http://u:***@host\nbind ens18\n";

  it("shows *** for every secret of the new version", () => {
    expect(maskWanted(WANTED, fact)).toBe(shown);
  });

  it("reads the same where it is as described, also after a secret and around a fact", () => {
    const present = "user mail\npassword pass-one\nurl=http://u:pass-two@host\nbind ens18\n";
    expect(shownOf(present, WANTED, ["pass-one", "pass-two"])).toBe(shown);
  });

  it("hides a present secret that stands behind a fact", () => {
    const wanted = "on @@fact:interface/10.0.0.1@@ by @@secret:x/y:1@@\n";
    expect(shownOf("on ens18 by Older-Secret-9\n", wanted, ["present-secret"])).toBe("on ens18 by ***\n");
  });

  it.each([
    ["the vault's own", "password present-secret\n"],
    ["an older one that the vault has forgotten", "password Older-Secret-9\n"],
    ["one that somebody typed by hand, indented otherwise", "   password typed # by me\n"],
  ])("hides a present secret: %s", (_which, text) => {
    expect(shownOf(text, WANTED, ["present-secret"])).toMatch(/^ *password \*\*\*\n$/);
  });

  it("hides a secret wherever else it stands", () => {
    expect(shownOf("# it is present-secret\n", WANTED, ["present-secret"])).toBe("# it is ***\n");
  });

  it("hides secrets that are whole lines, also those that the vault does not know", () => {
    const wanted =
      "# who knows one of these talks with us\n\n@@secret:gossip/key:2@@\n  @@secret:gossip/key:1@@,\nend\n";
    const present = "# who knows one of these talks with us\n\npresent-key\n  Forgotten-Key\n# a note\nend\n";
    expect(shownOf(present, wanted, ["present-key"])).toBe(
      "# who knows one of these talks with us\n\n***\n***\n***\nend\n",
    );
  });

  it("hides private keys, also one that is cut short", () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nMIIabc\nxyz\n-----END PRIVATE KEY-----\n";
    expect(shownOf(`${pem}rest\n`, "", [])).toBe(
      "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----\nrest\n",
    );
    expect(shownOf("-----BEGIN EC PRIVATE KEY-----\nMIIabc", "", [])).not.toContain("MIIabc");
  });
});
