import { type Envelope, SmtpSession, type SmtpTarget } from "./smtp-session.ts";

/** Something that is done again and again, with connections that are kept in between. */
export interface Load {
  once(): Promise<void>;
  close(): Promise<void>;
}

/** How many messages go over one connection: some, as from a real sender, so that connections are a part of the load. */
const MESSAGES_PER_SESSION = 20;

/** Sends messages of a size over as many connections as are needed at a time. */
export function smtpLoad(target: SmtpTarget, envelope: Envelope, sizeBytes: number): Load {
  const free: { readonly session: SmtpSession; sent: number }[] = [];
  let number = 0;
  return {
    once: async () => {
      const place = free.pop() ?? { session: await SmtpSession.open(target), sent: 0 };
      await place.session.send(envelope, messageOf(envelope, ++number, sizeBytes));
      if (++place.sent < MESSAGES_PER_SESSION) free.push(place);
      else await place.session.close();
    },
    close: async () => {
      await Promise.all(free.splice(0).map(({ session }) => session.close()));
    },
  };
}

/** A message of at least its header and at most the size where that is longer. */
export function messageOf({ from, to }: Envelope, number: number, sizeBytes: number): string {
  const header = [
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: load test ${number}`,
    `Message-ID: <${number}.${process.pid}@loadtest.invalid>`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    "",
    "",
  ].join("\r\n");
  const line = `${"x".repeat(76)}\r\n`;
  const bytes = Math.max(0, sizeBytes - header.length);
  return (
    header +
    line
      .repeat(Math.ceil(bytes / line.length))
      .slice(0, bytes)
      .replace(/\r?\n?$/, "")
  );
}
