/** What is asked about the pair on the screen, and whether that is another question than before. No DOM. */

import type { Asked } from "../contract";

export interface AskingEvents {
  /** The question above the clips. `fresh`: it is another one than that of the pair before. */
  shown(text: string, fresh: boolean): void;
  /** From here on something else is asked. */
  changed(text: string): void;
}

/** What is asked about a pair; `own` is the run's question. */
export function asksOf(pair: Asked, own: string): string {
  return pair.wish === null ? own : pair.asks ?? own;
}

export class Asking {
  private last: (Asked & { question: string }) | null = null;
  private fresh = false;

  constructor(private readonly events: AskingEvents) {}

  /** `pair`: the one that is to be answered, if there is one; `old`: one of before that is looked at in its place. */
  show(own: string, pair: (Asked & { question: string }) | null, old: Asked | null): void {
    if (old) return this.events.shown(asksOf(old, own), false);
    if (pair && pair.question !== this.last?.question) {
      this.fresh = this.last !== null && pair.wish !== this.last.wish;
      this.last = pair;
      if (this.fresh) this.events.changed(asksOf(pair, own));
    }
    this.events.shown(this.last ? asksOf(this.last, own) : own, this.fresh && pair !== null);
  }
}
