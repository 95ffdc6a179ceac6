import { describe, expect, it } from "@jest/globals";
import { bounceMessage, type BounceFacts } from "../../../src/mailnode/queue/bounce.ts";
import { envelope } from "../fixtures/messages.ts";

const facts: BounceFacts = {
  hostname: "mail.example.com",
  remote: "mx.internal",
  original: envelope("orig1", { acceptedAt: Date.UTC(2026, 10, 22, 10, 0, 0) }),
  originalHeader: "Subject: hello\r\nFrom: a@sender.example",
  failures: [
    { recipient: "b@example.com", status: "5.1.1", reason: "550 5.1.1 no such user" },
    { recipient: "c@example.com", status: "4.4.7", reason: "given up" },
  ],
  id: "bounce1",
  now: Date.UTC(2026, 10, 22, 11, 0, 0),
};

describe("a bounce", () => {
  it("is a delivery status notification with reason, status and the original header", () => {
    expect(bounceMessage(facts).replaceAll("\r\n", "\n")).toMatchSnapshot();
  });

  it("ends every line with CRLF", () => {
    expect(bounceMessage(facts).replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  it("lets no stranger's reply begin a line or a header of its own", () => {
    const reason = "550 no\r\nBcc: victim@example.com\r\n\r\n--=_bounce1\u00e9";
    const text = bounceMessage({
      ...facts,
      failures: [{ recipient: "b@example.com", status: "5.0.0", reason }],
    });
    expect(text).not.toMatch(/^Bcc:/m);
    expect(text).toContain("550 no??Bcc: victim@example.com????--=_bounce1?");
  });

  it("lets no stranger's address begin a line or a header of its own, however its letters are written down", () => {
    const sender = "a\u010aBcc:victim\u010a@sender.example";
    const text = bounceMessage({ ...facts, original: envelope("orig1", { sender }) });
    expect(Buffer.from(text, "latin1").toString("latin1")).not.toMatch(/^Bcc:/m);
    expect(text).toContain("To: <a?Bcc:victim?@sender.example>\r\n");
  });

  it("has no line that a next hop may refuse for its length, and leaves nothing out for it", () => {
    const to = `To: ${Array.from({ length: 90 }, (_, index) => `<user${index}@example.com>`).join(", ")}`;
    const token = `X-Token: ${"token".repeat(500)}`;
    const indented = `   ${"word".repeat(500)}`;
    const reason = `550 5.1.1 ${"no such user ".repeat(200)}at all`;
    const text = bounceMessage({
      ...facts,
      originalHeader: [to, token, "X-Folded: in", indented].join("\r\n"),
      failures: [{ recipient: `${"b".repeat(240)}@example.com`, status: "5.1.1", reason }],
    });
    const lines = text.split("\r\n");
    expect(lines.filter((line) => line.length > 998)).toEqual([]);
    expect(lines.filter((line) => /^[ \t]+$/.test(line))).toEqual([]);
    const unfolded = text.replaceAll(/\r\n(?=[ \t])/g, "");
    expect(unfolded).toContain(to);
    expect(unfolded).toContain(`>: ${reason}`);
    expect(unfolded).toContain(`Diagnostic-Code: smtp; ${reason}`);
    const withoutBlanks = (line: string): string => line.replaceAll(" ", "");
    expect(withoutBlanks(unfolded)).toContain(withoutBlanks(token + "\r\nX-Folded: in" + indented));
  });
});
