import { describe, expect, it } from "@jest/globals";
import {
  parseMailNodeConfig,
  serializeMailNodeConfig,
  type MailNodeConfig,
} from "../../src/contract/mailnode-config.ts";
import { FaultsError } from "../../src/support/errors.ts";
import { sampleConfig } from "../mailnode/fixtures/config.ts";

function faultsIn(text: string): readonly string[] {
  try {
    parseMailNodeConfig(text, "mbnode.json");
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return error.faults.map(
      ({ path, value, rule, remedy }) =>
        `${path}|${value === undefined ? "" : JSON.stringify(value)}|${rule}|${remedy}`,
    );
  }
  return [];
}

function changed(change: (config: Record<string, never> & MailNodeConfig) => unknown): string {
  const config = JSON.parse(JSON.stringify(sampleConfig())) as Record<string, never> & MailNodeConfig;
  change(config);
  return JSON.stringify(config);
}

const set = (target: object, key: string, value: unknown): void =>
  void Object.assign(target, { [key]: value });

describe("the mail node's configuration", () => {
  it("is read back as it was written, marker first, pretty, with a final newline", () => {
    const config = sampleConfig();
    const text = serializeMailNodeConfig(config, "made by a test");
    expect(text.startsWith('{\n  "$comment": "made by a test",\n  "node"')).toBe(true);
    expect(text.endsWith("}\n")).toBe(true);
    expect(parseMailNodeConfig(text, "mbnode.json")).toEqual({ $comment: "made by a test", ...config });
  });

  it("is not written with a fault in it", () => {
    expect(() => serializeMailNodeConfig({ ...sampleConfig(), hostname: "two words" }, "x")).toThrow(
      "hostname",
    );
  });

  it("names all faults at once", () => {
    const text = changed((config) => {
      set(config, "hostname", "mail example");
      set(config.smtp.listeners[0]!, "port", 70_000);
      set(config, "drainLimitMs", "30s");
      set(config.smtp, "relayNetworks", ["10.1.2.3/8"]);
    });
    expect(faultsIn(text).map((fault) => fault.split("|")[0])).toEqual([
      "hostname",
      "smtp.listeners.0.port",
      "smtp.relayNetworks.0",
      "drainLimitMs",
    ]);
  });

  it("refuses unknown keys, at every depth, with the near name", () => {
    const text = changed((config) => {
      set(config, "drainLimit", 5);
      set(config.smtp.listeners[0]!, "adress", "127.0.0.1");
    });
    expect(faultsIn(text)).toEqual([
      expect.stringContaining('smtp.listeners.0.adress||is not a known key|did you mean "address"?'),
      expect.stringContaining('drainLimit||is not a known key|did you mean "drainLimitMs"?'),
    ]);
  });

  it("says what is missing", () => {
    expect(faultsIn(changed((config) => delete (config as Partial<MailNodeConfig>).queue))).toEqual([
      "queue||is missing|mend it in the cluster file and apply again",
    ]);
  });

  it("never shows a password", () => {
    const text = changed((config) =>
      set(config.checks, "redis", { host: "10.0.0.1", port: 6379, password: 12345678 }),
    );
    expect(faultsIn(text)).toEqual([
      "checks.redis.password||must be a string|mend it in the cluster file and apply again",
    ]);
  });

  it("refuses what is no JSON without quoting any of it", () => {
    expect(faultsIn('{"password": "hunter2",}')).toEqual(["||must be JSON|let mbctl apply write it again"]);
  });

  it.each([
    [
      "two listeners on one port",
      "smtp.listeners.1",
      (config: MailNodeConfig) => config.smtp.listeners.push(config.smtp.listeners[0]!),
    ],
    [
      "a listener on the console's port",
      "smtp.listeners.0",
      (config: MailNodeConfig) => set(config.smtp.listeners[0]!, "port", config.admin.port),
    ],
    [
      "a first wait longer than the longest",
      "delivery.retry.firstMs",
      (config: MailNodeConfig) => set(config.delivery.retry, "firstMs", 51),
    ],
    [
      "a longest wait beyond giving up",
      "delivery.retry.longestMs",
      (config: MailNodeConfig) => set(config.delivery.retry, "giveUpMs", 49),
    ],
    ["no listener", "smtp.listeners", (config: MailNodeConfig) => set(config.smtp, "listeners", [])],
    [
      "a host name that would end a line",
      "hostname",
      (config: MailNodeConfig) => set(config, "hostname", "mail\r\nx"),
    ],
    [
      "a next hop that a resolver takes for another address",
      "delivery.nextHop.host",
      (config: MailNodeConfig) => set(config.delivery.nextHop, "host", "192.168.010.5"),
    ],
    ["no room", "queue.minFreeBytes", (config: MailNodeConfig) => set(config.queue, "minFreeBytes", 0)],
    ["a relative path", "queue.path", (config: MailNodeConfig) => set(config.queue, "path", "queue")],
  ])("refuses %s", (_what, path, change) => {
    expect(faultsIn(changed(change)).map((fault) => fault.split("|")[0])).toEqual([path]);
  });
});
