/** A second look at answers that do not fit the others: what is answered, sent and told. Knows nothing of the DOM. */

import { Refused, type Client } from "../api";
import type { Choice, HistoryRow } from "../contract";
import { CHOICE_WORDS } from "../label/words";
import { uuid } from "../uuid";

/** One pair that is looked at again. An answer may be changed as often as one likes while the pair is in sight. */
export class SecondLook {
  done = false;
  gone = false; // the answer is not there any more: somebody took it back elsewhere
  private readonly first: Choice;
  private ids: Partial<Record<Choice | "keep", string>> = {}; // so that what is sent twice counts once
  private busy = false;

  constructor(private readonly client: Client, public row: HistoryRow) {
    this.first = row.choice;
  }

  /** Gives the pair another answer; null keeps the one it has. Throws where that cannot be stored: then it is as it was. */
  async answer(choice: Choice | null): Promise<void> {
    if (this.busy || this.gone) return;
    this.busy = true;
    const id = (this.ids[choice ?? "keep"] ??= uuid());
    try {
      const reply = await this.client.post<{ answer: HistoryRow }>("/api/look-again", { answer: this.row.id, choice, id });
      this.row = reply.answer;
      this.done = true;
      this.ids = {};
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      this.done = this.gone = true;
    } finally {
      this.busy = false;
    }
  }

  get changed(): boolean {
    return this.row.choice !== this.first;
  }

  get told(): string {
    if (this.gone) return "This answer was taken back";
    const now = CHOICE_WORDS[this.row.choice];
    if (!this.done) return `You answered: ${now}`;
    return this.changed ? `Changed to ${now}` : `Kept: ${now}`;
  }
}

export function summary(looks: readonly SecondLook[]): string {
  const done = looks.filter((look) => look.done);
  if (!done.length) return "";
  const changed = done.filter((look) => look.changed).length;
  return `Thank you. ${changed ? `${changed} of ${done.length} changed.` : done.length === 1 ? "It stays as it was." : "All stay as they were."}`;
}
