/** Where the run stands and what to do about it: the owner's deeds, and what changed. */

import type { Client } from "../api";
import type { State } from "../contract";
import { Change } from "./change";
import { Owner } from "./deeds";

export class Standing extends Owner {
  readonly change: Change;

  constructor(client: Client, now: () => State, failed: (error: unknown) => void) {
    super(client, now, failed);
    this.change = new Change(client, failed);
  }

  take(state: State): void {
    this.change.take(state);
  }

  get watch(): (() => void) | undefined {
    return this.change.ready ? () => this.change.open() : undefined;
  }
}
