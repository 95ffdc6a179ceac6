import type { Awareness } from "./awareness.ts";
import type { Profile } from "./profile.ts";
import type { MemberId } from "./types.ts";

interface Probe {
  readonly target: MemberId;
  readonly seq: number;
  /** When others are asked; undefined once they were. */
  helpAt: number | undefined;
  endsAt: number;
  isAnswered: boolean;
  asked: number;
  nacks: number;
}

/** What the end of a probe shows. */
export type Verdict = { readonly target: MemberId; readonly isAnswered: boolean };

/**
 * The one probe that is under way: a direct ping, then the help of others, then the verdict at the end of the
 * period. A verdict also says something about this node's own health (Lifeguard, IV-A).
 */
export class Prober {
  readonly #profile: Profile;
  readonly #awareness: Awareness;
  #probe: Probe | undefined;
  #seq: number;
  #nextAt: number;

  /** `seq` is where numbers start: at random, so that answers to an earlier process are no answers. */
  constructor(profile: Profile, awareness: Awareness, seq: number, startAt: number) {
    this.#profile = profile;
    this.#awareness = awareness;
    this.#seq = seq;
    this.#nextAt = startAt;
  }

  get deadline(): number {
    return this.#probe?.helpAt ?? this.#probe?.endsAt ?? this.#nextAt;
  }

  /** A number for a ping, of 32 bits. */
  nextSeq(): number {
    this.#seq = (this.#seq + 1) >>> 0;
    return this.#seq;
  }

  /** Whether a new period begins; while a probe is under way it does not. */
  isDue(now: number): boolean {
    return !this.#probe && now >= this.#nextAt;
  }

  /** Begins a period; without a target it passes idle. Gives the number for the ping. */
  begin(target: MemberId | undefined, now: number): number {
    const seq = this.nextSeq();
    const endsAt = now + this.#awareness.scale(this.#profile.probeIntervalMs);
    this.#nextAt = endsAt;
    const helpAt = now + this.#awareness.scale(this.#profile.probeTimeoutMs);
    this.#probe =
      target === undefined
        ? undefined
        : { target, seq, helpAt, endsAt, isAnswered: false, asked: 0, nacks: 0 };
    return seq;
  }

  /** The probe whose direct ping has had its time without an answer, once. */
  takeUnanswered(now: number): { readonly target: MemberId; readonly seq: number } | undefined {
    const probe = this.#probe;
    if (!probe || probe.helpAt === undefined || now < probe.helpAt) return undefined;
    probe.helpAt = undefined;
    return probe.isAnswered ? undefined : probe;
  }

  /** So many others were asked to probe; each says at least that it had no answer. */
  asked(others: number): void {
    if (this.#probe) this.#probe.asked = others;
  }

  /** An answer, direct, through another member or over TCP. Gives the member when it was waited for. */
  answered(seq: number): MemberId | undefined {
    const probe = this.#probe;
    if (!probe || probe.seq !== seq || probe.isAnswered) return undefined;
    probe.isAnswered = true;
    return probe.target;
  }

  /** Another member had no answer either. */
  unanswered(seq: number): void {
    if (this.#probe?.seq === seq) this.#probe.nacks++;
  }

  /** The verdict when the period is over. */
  takeVerdict(now: number): Verdict | undefined {
    const probe = this.#probe;
    if (!probe || now < probe.endsAt) return undefined;
    this.#probe = undefined;
    if (probe.isAnswered) this.#awareness.change(-1);
    else this.#awareness.change(probe.asked > 0 ? Math.max(0, probe.asked - probe.nacks) : 1);
    return { target: probe.target, isAnswered: probe.isAnswered };
  }

  /** The member is gone, or this node did not run: the probe proves nothing. */
  drop(target?: MemberId): void {
    if (target === undefined || this.#probe?.target === target) this.#probe = undefined;
  }
}
