import type { Command } from "../../../src/mailnode/state/command.ts";
import { encodeCommand, stampCommand, type Request } from "../../../src/mailnode/state/envelope.ts";
import { StateMachine, type Applied } from "../../../src/mailnode/state/machine.ts";

/** Feeds commands to a state machine as a log would, each one millisecond after the other unless told otherwise. */
export class Feed {
  readonly machine = new StateMachine();
  readonly log: { readonly index: number; readonly term: number; readonly data: Uint8Array }[] = [];
  term = 1;
  monotonicMs = 1000;
  wallMs = 1_700_000_000_000;

  /** Lets time pass for the leader. */
  pass(ms: number): void {
    this.monotonicMs += ms;
    this.wallMs += ms;
  }

  apply(command: Command, options: { readonly actor?: string; readonly request?: Request } = {}): Applied {
    const data = encodeCommand({ command, actor: options.actor ?? "tester", request: options.request });
    stampCommand(data, { wallMs: this.wallMs, monotonicMs: this.monotonicMs });
    return this.applyRaw(data);
  }

  applyRaw(data: Uint8Array): Applied {
    const entry = { index: this.log.length + 1, term: this.term, data };
    this.log.push(entry);
    return this.machine.apply(entry);
  }
}

/** The value of a command that was done. */
export function valueOf<T>(applied: Applied): T {
  if (!applied.result.ok) throw new Error(`${applied.result.code}: ${applied.result.detail}`);
  return applied.result.value as T;
}

/** The code of a refusal. */
export function codeOf(applied: Applied): string {
  return applied.result.ok ? "done" : applied.result.code;
}

export const value = (text: string): Uint8Array => new TextEncoder().encode(text);
