/** Old pairs on the stage: looked at again, flipped, or answered once more where the model is surest to disagree. */

import { Refused, type Client } from "../api";
import type { Choice, HistoryReply, HistoryRow } from "../contract";
import { loadBoth, type ClipSource } from "../label/queue";
import { unswapped } from "../label/sides";
import { CHOICE_WORDS } from "../label/words";
import { make } from "../ui/dom";
import { uuid } from "../uuid";

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
  private again: HistoryRow[] | null = null; // those that wait for a second look, the one on the stage first
  private total = 0;
  private turned = 0;
  private ids: Partial<Record<Choice | "keep", string>> = {}; // so that what is sent twice counts once
  private busy = false;

  constructor(private readonly client: Client, private readonly clips: ClipSource, private readonly wall: Wall,
    private readonly turn: (row: HistoryRow) => Promise<HistoryRow>, private readonly events: ReviewEvents) {}

  /** Whether the pair on the stage may be answered anew. */
  get asks(): boolean {
    return this.row !== null && this.again !== null;
  }

  /** The answer that is in force, as it lies on the screen; null where none is to be marked. */
  get given(): Choice | null {
    return this.row && this.again ? unswapped(this.row.choice, this.swapped) : null;
  }

  async look(row: HistoryRow): Promise<void> {
    this.again = null;
    await this.put(row);
  }

  /** The answers that the model is surest to be otherwise, one after the other. */
  async lookAgain(): Promise<void> {
    try {
      const { rows } = await this.client.get<HistoryReply>("/api/look-again");
      if (!rows.length) return this.events.notice("There is nothing to look at again.");
      [this.again, this.total, this.turned] = [rows, rows.length, 0];
      await this.put(rows[0]!);
    } catch (error) {
      this.events.failed(error);
    }
  }

  private async put(row: HistoryRow): Promise<void> {
    try {
      const { left, right } = await loadBoth(this.clips, row);
      [this.row, this.swapped, this.ids] = [row, false, {}];
      this.wall.review(row.id, left, right);
      this.events.changed();
    } catch (error) {
      this.events.failed(error);
    }
  }

  /** Gives the pair another answer, as displayed; null keeps the one it has. */
  async answer(shown: Choice | null): Promise<void> {
    const { row, again } = this;
    if (!row || !again || this.busy) return;
    this.busy = true;
    const choice = shown && unswapped(shown, this.swapped);
    const id = (this.ids[choice ?? "keep"] ??= uuid());
    try {
      await this.client.post("/api/look-again", { answer: row.id, choice, id });
      if (choice && choice !== row.choice) this.turned += 1;
      await this.next(again);
    } catch (error) {
      this.events.failed(error); // the pair stays, to be tried again, unless it is there no more
      if (error instanceof Refused && error.status === 404) await this.next(again);
    } finally {
      this.busy = false;
    }
  }

  private async next(again: HistoryRow[]): Promise<void> {
    again.shift();
    if (again.length) return this.put(again[0]!);
    const { total, turned } = this;
    this.close();
    this.events.notice(`Thank you. ${turned ? `${turned} of ${total} changed.` : "All stay as they were."}`);
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
    this.row = this.again = null;
    this.events.left();
    return true;
  }

  /** What stands above an old pair. */
  banner(): { text: string; extras: Node[] } | null {
    const { row, again } = this;
    if (!row) return null;
    const button = (text: string, onclick: () => void): Node => make("button", { class: "plain", text, onclick });
    if (again) {
      const at = `${this.total - again.length + 1} of ${this.total}`;
      const extras = [button("Keep (Enter)", () => void this.answer(null)), button("Later (Esc)", () => void this.close())];
      return { text: `Look once more, ${at}. You answered: ${CHOICE_WORDS[this.given!]}. Keep it, or answer anew.`, extras };
    }
    const extras = [button("Back (Esc)", () => void this.close())];
    if (row.can_flip) extras.unshift(button("Flip this answer", () => void (this.row && this.flip(this.row))));
    return { text: `An old pair. You answered: ${CHOICE_WORDS[row.choice]}.`, extras };
  }
}
