import { describe, expect, it } from "@jest/globals";
import { parseSavedView } from "../../../../src/toolkit/services/galera/saved-view.ts";
import { gvwstate } from "./recorded.ts";

describe("gvwstate.dat", () => {
  it("gives the member's own id, the members and how new the view is", () => {
    const view = parseSavedView(gvwstate(1, [0, 1, 2], 13))!;
    expect(view.sequence).toBe(13n);
    expect(view.members).toHaveLength(3);
    expect(view.members).toContain(view.self);
  });

  it("knows a member again whose id counts one start more than its line in the view", () => {
    const view = parseSavedView(gvwstate(0, [0, 1, 2], 13, "97af50f1-e687-11f1-8c7b-e678729e3b36" as never))!;
    expect(view.members).toContain(view.self);
  });

  it("is no view when it is empty or torn", () => {
    const whole = gvwstate(0, [0, 1, 2], 7);
    expect(parseSavedView("")).toBeUndefined();
    expect(parseSavedView(whole.replace("#vwend\n", ""))).toBeUndefined();
    expect(parseSavedView(whole.replace(/view_id.*\n/, ""))).toBeUndefined();
  });
});
