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
});
