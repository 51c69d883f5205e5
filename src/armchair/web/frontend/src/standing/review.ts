/** Old pairs on the stage: looked at again, flipped. */

import type { HistoryRow } from "../contract";
import { loadBoth, type ClipSource } from "../label/queue";
import { CHOICE_WORDS } from "../label/words";
import { make } from "../ui/dom";

/** Where an old pair is shown. */
export interface Wall {
  review(answer: string, left: Awaited<ReturnType<ClipSource["load"]>>, right: Awaited<ReturnType<ClipSource["load"]>>): void;
}

export interface ReviewEvents {
  changed(): void;
  /** The old pair has left the stage. */
  left(): void;
  notice(text: string): void;
  failed(error: unknown): void;
}

export class Review {
  row: HistoryRow | null = null;
  swapped = false;

  constructor(private readonly clips: ClipSource, private readonly wall: Wall,
    private readonly turn: (row: HistoryRow) => Promise<HistoryRow>, private readonly events: ReviewEvents) {}

  async look(row: HistoryRow): Promise<void> {
    try {
      const { left, right } = await loadBoth(this.clips, row);
      [this.row, this.swapped] = [row, false];
      this.wall.review(row.id, left, right);
      this.events.changed();
    } catch (error) {
      this.events.failed(error);
    }
  }

  async flip(row: HistoryRow): Promise<HistoryRow | null> {
    try {
      const flipped = await this.turn(row);
      this.events.notice(`Flipped: the answer is ${CHOICE_WORDS[flipped.choice]} now.`);
      if (this.row?.id === row.id) this.row = flipped;
      this.events.changed();
      return flipped;
    } catch (error) {
      this.events.failed(error);
      return null;
    }
  }

  /** Back to the pair that is to be answered. Returns whether there was an old one. */
  close(): boolean {
    if (!this.row) return false;
    this.row = null;
    this.events.left();
    return true;
  }

  /** What stands above an old pair. */
  banner(): { text: string; extras: Node[] } | null {
    const { row } = this;
    if (!row) return null;
    const button = (text: string, onclick: () => void): Node => make("button", { class: "plain", text, onclick });
    const extras = [button("Back (Esc)", () => void this.close())];
    if (row.can_flip) extras.unshift(button("Flip this answer", () => void (this.row && this.flip(this.row))));
    return { text: `An old pair. You answered: ${CHOICE_WORDS[row.choice]}.`, extras };
  }
}
