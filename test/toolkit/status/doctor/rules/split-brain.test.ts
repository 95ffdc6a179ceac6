import { describe, expect, it } from "@jest/globals";
import { splitBrainRules } from "../../../../../src/toolkit/status/doctor/rules/split-brain.ts";
import { found } from "../deep.ts";

describe("the doctor on split-brain", () => {
  /** gluster volume heal mail info split-brain. */
  const said = `Brick 192.168.1.101:/srv/mailbastion/brick
/mail/a
<gfid:1bb1f6a5-6a2f-4a5f-8b6b-0c3f4d8c4d11>
Status: Connected
Number of entries in split-brain: 2

Brick 192.168.1.102:/srv/mailbastion/brick
/mail/a
Status: Connected
Number of entries in split-brain: 1
`;

  it("names each file once, with the commands that resolve it", () => {
    const [finding, ...others] = found(splitBrainRules, {
      "node-1": { "split-brain": said },
      "node-2": { "split-brain": said },
    });
    expect(others).toEqual([]);
    expect(finding!.finding).toBe(
      "in volume mail these are in split-brain: /mail/a, <gfid:1bb1f6a5-6a2f-4a5f-8b6b-0c3f4d8c4d11>",
    );
    expect(finding!.remedy).toContain("split-brain latest-mtime FILE");
  });

  it("finds nothing where there is none", () => {
    const none = said.replaceAll(/^(\/mail|<gfid).*\n/gm, "");
    expect(found(splitBrainRules, { "node-1": { "split-brain": none } })).toEqual([]);
  });
});
