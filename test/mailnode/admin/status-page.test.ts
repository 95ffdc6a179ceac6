import { describe, expect, it } from "@jest/globals";
import { statusPage } from "../../../src/mailnode/admin/status-page.ts";

describe("the status page", () => {
  it("says node, version, queue and state", () => {
    expect(
      statusPage({ node: "node-1", version: "1.2.3", queueLength: 7, draining: true, isWitness: false }),
    ).toMatchSnapshot();
  });

  it("shows no name as markup", () => {
    const page = statusPage({
      node: "<b>&",
      version: "1",
      queueLength: 0,
      draining: false,
      isWitness: false,
    });
    expect(page).toContain("&lt;b&gt;&amp;");
    expect(page).not.toContain("<b>");
  });
});
