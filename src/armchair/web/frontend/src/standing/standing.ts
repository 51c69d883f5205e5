/** Where the run stands and what to do about it: the owner's deeds, what changed, answers to look at again. */

import type { Client } from "../api";
import type { State } from "../contract";
import { Change } from "./change";
import { Owner } from "./deeds";

const LATE = 0.8; // share of the budget

export class Standing extends Owner {
  readonly change: Change;
  again: () => void = () => undefined; // look once more at some answers
  view: () => void = () => undefined; // see the clips from elsewhere from now on
  private postponed = false;

  constructor(client: Client, private readonly now: () => State, failed: (error: unknown) => void) {
    super(client, now, failed);
    this.change = new Change(client, failed);
  }

  take(state: State): void {
    this.change.take(state);
  }

  /** Whether a second look at some answers is due: near the end of the budget, unless it was put off. */
  get offersAgain(): boolean {
    const { budget, answers, look_again: count } = this.now().progress;
    return count > 0 && !this.postponed && budget !== null && answers >= LATE * budget;
  }

  get againText(): string {
    const count = this.now().progress.look_again;
    return `${count === 1 ? "One of your answers does" : `${count} of your answers do`} not fit the others.`;
  }

  later(): void {
    this.postponed = true;
  }

  get watch(): (() => void) | undefined {
    return this.change.ready ? () => this.change.open() : undefined;
  }
}
