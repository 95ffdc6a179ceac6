/** etcd's key-value calls over its JSON gateway (etcd.io/docs/v3.4/dev-guide/api_grpc_gateway). */
import type { RegisterInput } from "../linearizable/clients.ts";
import type { Output } from "../linearizable/history.ts";

const TIMEOUT_MS = 3000;

const to64 = (text: string): string => Buffer.from(text).toString("base64");
const from64 = (text: string): string => Buffer.from(text, "base64").toString();

interface Range {
  readonly kvs?: readonly { readonly value?: string }[];
}

export class EtcdClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Linearizable, unless a stale answer is asked for: then it is what this member happens to have. */
  async get(key: string): Promise<string | undefined> {
    const { kvs } = await this.#call<Range>("kv/range", { key: to64(key) });
    return kvs?.[0] && from64(kvs[0].value ?? "");
  }

  async put(key: string, value: string): Promise<void> {
    await this.#call("kv/put", { key: to64(key), value: to64(value) });
  }

  /** Whether the key had the value `from`, undefined for none, and has `to` now. */
  async swap(key: string, from: string | undefined, to: string): Promise<boolean> {
    const compare =
      from === undefined
        ? { key: to64(key), target: "VERSION", result: "EQUAL", version: "0" }
        : { key: to64(key), target: "VALUE", result: "EQUAL", value: to64(from) };
    const { succeeded = false } = await this.#call<{ readonly succeeded?: boolean }>("kv/txn", {
      compare: [compare],
      success: [{ requestPut: { key: to64(key), value: to64(to) } }],
    });
    return succeeded;
  }

  async status(): Promise<{ readonly member: string; readonly leader: string }> {
    const { header, leader } = await this.#call<{
      readonly header: { readonly member_id: string };
      readonly leader?: string;
    }>("maintenance/status", {});
    return { member: header.member_id, leader: leader ?? "none" };
  }

  /** One operation of a register, in the recorder's words. Rejects when nobody knows what became of it. */
  async operate(key: string, input: RegisterInput): Promise<Output> {
    switch (input.kind) {
      case "read":
        return { kind: "value", value: await this.get(key) };
      case "write":
        await this.put(key, input.value);
        return { kind: "done" };
      case "compareAndSet":
        return { kind: (await this.swap(key, input.from, input.to)) ? "done" : "mismatch" };
    }
  }

  async #call<Answer>(method: string, body: unknown): Promise<Answer> {
    const response = await fetch(`${this.#url}/v3/${method}`, {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }
}
