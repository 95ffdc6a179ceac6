import { describe, expect, it } from "@jest/globals";
import { lockClusterLog } from "../../../src/mailnode/node/cluster-lock.ts";

describe("the lock of a cluster log", () => {
  it("lets one at a time in, and the next one after it", async () => {
    const directory = `/nowhere/${process.pid}`;
    const unlock = await lockClusterLog(directory);
    await expect(lockClusterLog(directory)).rejects.toMatchObject({
      code: "CLUSTER_LOG_TAKEN",
      message: expect.stringContaining(directory),
    });
    const elsewhere = await lockClusterLog(`${directory}/other`);
    await elsewhere();
    await unlock();
    const again = await lockClusterLog(directory);
    await again();
  });
});
