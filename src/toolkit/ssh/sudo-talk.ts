import type { Address } from "./known-hosts.ts";
import { type SudoDialogue, sudoPasswordWrong, sudoRefused, type Turn } from "./sudo.ts";

export interface SudoQuestion {
  readonly machine: string;
  readonly address: Address & { readonly user: string };
  readonly dialogue: SudoDialogue;
  readonly turn: Turn;
}

/** What a talk with sudo does to the channel that it is held on. */
export interface Listener {
  say(text: string): void;
  /** The command itself begins. */
  begin(): void;
  giveUp(error: Error): void;
  /** sudo is to say something in time. */
  listen(): void;
  /** Nobody is waited for but the person or the other machines that must be asked first. */
  wait(): void;
}

/** The talk with sudo on standard error until the command itself begins: one question, one answer, no second try. */
export class SudoTalk {
  readonly #question: SudoQuestion;
  readonly #listener: Listener;
  #said = Buffer.alloc(0);
  #state: "listening" | "asked" | "begun" | "ended" = "listening";

  constructor(question: SudoQuestion, listener: Listener) {
    this.#question = question;
    this.#listener = listener;
    listener.listen();
  }

  /** What of this chunk of standard error is the command's own. */
  heard(chunk: Buffer): Buffer {
    if (this.#state === "begun") return chunk;
    const { prompt, begun } = this.#question.dialogue;
    // A question may come in two parts; what sudo says besides, a greeting or a complaint, is short.
    this.#said = Buffer.concat([this.#said, chunk]);
    const start = this.#said.indexOf(begun);
    if (start >= 0) {
      const rest = this.#said.subarray(start + begun.length);
      this.#question.turn.end(this.#state === "asked" ? "right" : "unknown");
      this.#state = "begun";
      this.#listener.begin();
      return rest;
    }
    const asked = this.#said.indexOf(prompt);
    if (asked >= 0) {
      this.#said = this.#said.subarray(asked + prompt.length);
      this.#answer();
    }
    return Buffer.alloc(0);
  }

  /** The channel has ended, or is given up; the error where sudo did not let the command begin. */
  end(): Error | undefined {
    if (this.#state === "begun" || this.#state === "ended") return undefined;
    this.#state = "ended";
    const { machine, address, turn } = this.#question;
    turn.end("unknown");
    return sudoRefused(machine, address, address.user, this.#said.toString("utf8"));
  }

  #answer(): void {
    const { machine, address, turn } = this.#question;
    if (this.#state === "asked") {
      turn.end("wrong");
      this.#listener.giveUp(sudoPasswordWrong(machine, address, address.user));
      return;
    }
    this.#state = "asked";
    this.#listener.wait();
    turn.password().then(
      (password) => {
        if (this.#state === "ended") return;
        this.#listener.listen();
        this.#listener.say(`${password.reveal()}\n`);
      },
      (error: Error) => {
        if (this.#state !== "ended") this.#listener.giveUp(error);
      },
    );
  }
}
