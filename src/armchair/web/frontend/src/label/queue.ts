/** Pairs that are ready before they are needed: leased, their clips in memory. */

import { isOut, isTransient, type Client } from "../api";
import type { ClipRef, Pair, PairsReply, Reason } from "../contract";
import type { ClipData } from "../player/player";
import { uuid } from "../uuid";

export interface Ready {
  pair: Pair;
  left: ClipData;
  right: ClipData;
}

export interface QueueEvents {
  /** More is ready, or the reason why nothing is has changed. */
  changed(): void;
  expired(): void;
  /** Whether the person has answered this question, though the server may not know yet. */
  answered(question: string): boolean;
  /** A pair was given back because its clips cannot be shown. */
  unusable(why: string): void;
}

export interface ClipSource {
  load(ref: ClipRef, asFilm: boolean): Promise<ClipData>;
  /** The clip is not needed any more. */
  free(clip: ClipData): void;
}

/** Both clips in the same form: films when one of them is a film. */
export async function loadBoth(
  clips: ClipSource, refs: { left: ClipRef; right: ClipRef }, film = false,
): Promise<{ left: ClipData; right: ClipData }> {
  const asFilm = film || refs.left.kind === "film" || refs.right.kind === "film";
  const [left, right] = await Promise.all([clips.load(refs.left, asFilm), clips.load(refs.right, asFilm)]);
  return { left, right };
}

export const AHEAD = 8; // pairs held, the one on the screen included
const REFILL_BELOW = 7;
const KEPT = 3; // pairs that were shown last, for an undo without waiting

export class PairQueue {
  reason: Reason | null = null;
  offline = false;
  private readonly ready: Ready[] = [];
  private readonly recent: Ready[] = [];
  private readonly shown = new Set<string>(); // questions that are on the screen or answered
  private readonly skipped = new Set<string>();
  private coming: string[] = []; // questions that were given to this page and whose clips are on their way
  private filling: Promise<void> | null = null;
  private round = 0; // grows when all is given back

  /** `visit`: this page's name for itself; the server takes all back that it gave it when the page is closed. */
  constructor(private readonly client: Client, private readonly clips: ClipSource,
    private readonly events: QueueEvents, readonly visit: string = uuid()) {}

  get length(): number {
    return this.ready.length;
  }

  /** The next pair, at once, or null. It is on the screen from now on. */
  take(): Ready | null {
    const next = this.ready.shift() ?? null;
    if (next) this.shown.add(next.pair.question);
    return next;
  }

  /** A pair left the screen by an answer: keep its clips a little while. */
  retire(done: Ready): void {
    this.recent.push(done);
    if (this.recent.length > KEPT) this.free(this.recent.shift()!);
  }

  /** Puts a pair before all others: the one that an undo pushed from the screen. */
  unshift(pair: Ready): void {
    this.shown.delete(pair.pair.question);
    this.ready.unshift(pair);
  }

  /** A question that was answered is open again; its clips if they are still here, else loaded. */
  async reopen(pair: Pair): Promise<Ready> {
    this.shown.add(pair.question);
    const at = this.recent.findIndex((one) => one.pair.question === pair.question);
    if (at >= 0) return { ...this.recent.splice(at, 1)[0]!, pair };
    try {
      return await this.prepare(pair);
    } catch (error) {
      this.shown.delete(pair.question); // it comes again with the next pairs
      throw error;
    }
  }

  /** Gives a pair back unanswered. The server may offer it again: it then comes after all others. */
  skip(one: Ready): void {
    const { question } = one.pair;
    this.skipped.add(question);
    this.free(one);
    void this.client.post("/api/release", { questions: [question] }).catch(() => undefined).then(() => {
      this.shown.delete(question); // not sooner: the server would call it held and the page keep it
      return this.fill();
    });
  }

  /** Gives back all pairs, that on the screen too; the server may offer them again. */
  giveBack(current: Ready | null): void {
    this.round += 1; // what is on its way goes back when it comes
    this.back([...(current ? [current] : []), ...this.ready.splice(0)]);
  }

  private back(all: readonly Ready[]): void {
    if (!all.length) return;
    const questions = all.map((one) => (this.free(one), one.pair.question));
    void this.client.post("/api/release", { questions }).catch(() => undefined).then(() => {
      for (const question of questions) this.shown.delete(question);
    });
  }

  /** Fetch more where there is room. Calls while one is under way join it. */
  fill(): Promise<void> {
    if (this.ready.length >= REFILL_BELOW) return Promise.resolve();
    this.filling ??= this.fetch().finally(() => {
      this.filling = null;
    });
    return this.filling;
  }

  private async fetch(): Promise<void> {
    const { round } = this;
    try {
      const reply = await this.client.post<PairsReply>("/api/pairs", { want: AHEAD, visit: this.visit });
      this.offline = false;
      this.reason = reply.reason;
      const known = new Set(this.ready.map((one) => one.pair.question));
      const fresh = reply.pairs.filter(({ question }) =>
        !this.shown.has(question) && !known.has(question) && !this.events.answered(question));
      const again = (pair: Pair): number => Number(this.skipped.has(pair.question));
      this.coming = fresh.map((pair) => pair.question);
      for (const pair of fresh.sort((a, b) => again(a) - again(b))) await this.add(pair, round);
    } catch (error) {
      if (isOut(error)) this.events.expired();
      else this.offline = isTransient(error);
    }
    this.coming = [];
    this.events.changed();
  }

  private async add(pair: Pair, round = this.round): Promise<void> {
    try {
      const ready = await this.prepare(pair);
      if (round !== this.round) return this.back([ready]);
      this.ready.push(ready);
      this.events.changed();
    } catch (error) {
      if (isTransient(error) || isOut(error)) throw error;
      this.shown.add(pair.question); // not to be tried again
      void this.client.post("/api/release", { questions: [pair.question] }).catch(() => undefined);
      this.events.unusable(error instanceof Error ? error.message : String(error));
    }
  }

  private async prepare(pair: Pair): Promise<Ready> {
    return { pair, ...(await loadBoth(this.clips, pair)) };
  }

  private free(one: Ready): void {
    this.clips.free(one.left);
    this.clips.free(one.right);
  }

  /** Everything that waits, clips in another form (from 3D to film), in the same order. */
  async reload(): Promise<void> {
    const pairs = this.ready.splice(0).map((one) => (this.free(one), one.pair));
    for (const one of this.recent.splice(0)) this.free(one);
    for (const pair of pairs) await this.add(pair).catch(() => undefined);
    this.events.changed();
  }

  /** Questions that this page holds and has not answered. */
  held(current: Ready | null): string[] {
    const here = [...(current ? [current] : []), ...this.ready].map((one) => one.pair.question);
    return [...here, ...this.coming.filter((question) => !here.includes(question) && !this.shown.has(question))];
  }
}
