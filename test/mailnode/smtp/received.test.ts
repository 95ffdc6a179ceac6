import { describe, expect, it } from "@jest/globals";
import { receivedHeader } from "../../../src/mailnode/smtp/received.ts";

const hop = {
  helo: "client.example",
  clientAddress: "198.51.100.7",
  hostname: "mail.example.com",
  protocol: "ESMTPS",
  id: "q1",
  recipients: ["b@example.com"],
  now: Date.UTC(2026, 10, 22, 14, 44, 0),
};

describe("the Received line", () => {
  it("names client, node, protocol, id, recipient and time", () => {
    expect(receivedHeader(hop)).toBe(
      "Received: from client.example ([198.51.100.7])\r\n\tby mail.example.com (Mailbastion) with ESMTPS id q1\r\n" +
        "\tfor <b@example.com>;\r\n\tSun, 22 Nov 2026 14:44:00 +0000\r\n",
    );
  });

  it("names no recipient when there are several, who need not know of each other", () => {
    expect(receivedHeader({ ...hop, recipients: ["b@example.com", "c@example.com"] })).not.toContain("for <");
  });

  it("writes an IPv6 client as RFC 5321 wants it", () => {
    expect(receivedHeader({ ...hop, clientAddress: "2001:db8::1" })).toContain("([IPv6:2001:db8::1])");
  });

  it("lets no client's name end the line or open a comment", () => {
    const header = receivedHeader({ ...hop, helo: "x)\r\nSubject: forged\u00e9;(" });
    expect(header.match(/\r\n(?!\t)/g)).toHaveLength(1);
    expect(header).toContain("from x???Subject:?forged??? (");
  });
});
