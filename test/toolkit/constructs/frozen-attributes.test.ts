import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import {
  FROZEN_CONTAINER_ATTRIBUTES,
  FROZEN_NETWORK_ATTRIBUTES,
  FROZEN_VOLUME_ATTRIBUTES,
} from "../../../src/toolkit/constructs/frozen-attributes.ts";

/** What the provider changes in place (docker update), or keeps for itself without touching the container. */
const CHANGED_IN_PLACE = [
  "attach",
  "container_read_refresh_timeout_milliseconds",
  "cpu_period",
  "cpu_quota",
  "cpu_set",
  "cpu_shares",
  "destroy_grace_seconds",
  "healthcheck",
  "init",
  "logs",
  "max_retry_count",
  "memory",
  "memory_swap",
  "must_run",
  "remove_volumes",
  "restart",
  "rm",
  "start",
  "wait",
  "wait_timeout",
];

/** The arguments of a resource in the typings of the installed provider, in Terraform's spelling. */
function argumentsOf(resource: string): readonly string[] {
  const path = new URL(
    `../../../node_modules/@cdktf/provider-docker/lib/${resource}/index.d.ts`,
    import.meta.url,
  );
  const config = /export interface \w+Config extends cdktf\.TerraformMetaArguments \{\n(.*?)\n\}/s.exec(
    readFileSync(path, "utf8"),
  )![1]!;
  return [...config.matchAll(/^ {4}readonly (\w+)\??:/gm)]
    .map(([, name]) => name!.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
    .filter((name) => name !== "id")
    .toSorted();
}

describe("what Terraform must not act on", () => {
  it("is every argument of a container but those that are changed in place", () => {
    expect([...FROZEN_CONTAINER_ATTRIBUTES, ...CHANGED_IN_PLACE].toSorted()).toEqual(
      argumentsOf("container"),
    );
  });

  it("is every argument of a network", () => {
    expect(FROZEN_NETWORK_ATTRIBUTES).toEqual(argumentsOf("network"));
  });

  it("is every argument of a volume", () => {
    expect(FROZEN_VOLUME_ATTRIBUTES).toEqual(argumentsOf("volume"));
  });

  it("was decided for the version of the provider that is synthesised", () => {
    const path = new URL(
      "../../../node_modules/@cdktf/provider-docker/lib/container/index.js",
      import.meta.url,
    );
    expect(readFileSync(path, "utf8")).toContain("providerVersion: '3.6.2'");
  });
});
