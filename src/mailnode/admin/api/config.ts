import type { ConfigView } from "../../../contract/cluster-api.ts";
import { fresh } from "./fresh.ts";
import { ok, type Handler } from "./handler.ts";
import { ProblemError } from "./problem.ts";

export const getConfig: Handler<"getConfig"> = async ({ cluster, query }) => {
  const { name, consistency } = query;
  await fresh(cluster, consistency);
  const record = cluster.configuration.current(name);
  if (!record) throw new ProblemError("not-found", `there is no document ${name}`, "name one that is there");
  const body: ConfigView = {
    name,
    content: Buffer.from(record.content).toString("base64"),
    version: record.version,
    by: record.by,
    at: new Date(record.atMs).toISOString(),
    nodes: [...cluster.configuration.distribution(name).nodes],
  };
  return ok(body);
};

export const putConfig: Handler<"putConfig"> = async ({ cluster, body, actor }) => {
  const { name, content, expect } = body;
  const options = { actor, ...(expect !== undefined && { expect }) };
  const version = await cluster.configuration.distribute(name, Buffer.from(content, "base64"), options);
  return ok({ name, version });
};
