/** The course of labelling: the pair on the screen, answers, skips and undos. Knows nothing of the DOM. */

import { isOut, Refused, type Client } from "../api";
import type { AnswerBody, Choice, HistoryRow, Strength, UndoReply } from "../contract";
import type { Outbox } from "./outbox";
import type { PairQueue, Ready } from "./queue";
import { mirrored, unswapped } from "./sides";
import { uuid as randomUuid } from "../uuid";

export interface Stage {
  /** Show this pair now, before the browser paints again; `swapped`: its sides exchanged. */
  show(ready: Ready, swapped: boolean): void;
  /** Nothing is there to be shown. */
  empty(): void;
}

export interface SessionEvents {
  answered(answer: AnswerBody, shown: Choice): void;
  undone(choice: Choice): void;
  notice(text: string): void;
  expired(): void;
}

export class Session {
  current: Ready | null = null;
  swapped = false;
  strength: Strength = 1;
  page = "";
  private since = 0;
  private undoing = false;

  constructor(private readonly client: Client, private readonly queue: PairQueue, private readonly outbox: Outbox,
    private readonly stage: Stage, private readonly events: SessionEvents,
    private readonly now: () => number = () => performance.now(),
    private readonly uuid: () => string = randomUuid) {}

  /** Puts the next pair on the screen if there is none. Returns whether there is one now. */
  next(): boolean {
    if (this.current) return true;
    const ready = this.queue.take();
    if (ready) this.put(ready);
    else this.stage.empty();
    void this.queue.fill();
    return ready !== null;
  }

  private put(ready: Ready): void {
    this.current = ready;
    this.swapped = false;
    this.strength = 1;
    this.since = this.now();
    this.stage.show(ready, false);
  }

  /** Answers with what was chosen as displayed. The next pair is on the screen when this returns. */
  answer(shown: Choice, much = false): boolean {
    const done = this.current;
    if (!done) return false;
    const sided = shown === "left" || shown === "right";
    const answer: AnswerBody = {
      id: this.uuid(),
      question: done.pair.question,
      choice: unswapped(shown, this.swapped),
      strength: sided ? (much ? 2 : this.strength) : 1,
      seconds: Math.max(0, (this.now() - this.since) / 1000),
      swapped: this.swapped,
      page: this.page,
    };
    this.current = null;
    this.queue.retire(done);
    this.next();
    this.outbox.put(answer);
    this.events.answered(answer, shown);
    return true;
  }

  /** The person begins to look at the pair only now. */
  look(): void {
    this.since = this.now();
  }

  /** Gives back the pair on the screen and all that are ready: no more answers are wanted of them. */
  putAway(): void {
    const { current } = this;
    this.current = null;
    this.queue.giveBack(current);
    this.stage.empty();
  }

  skip(): boolean {
    const given = this.current;
    if (!given) return false;
    this.current = null;
    this.queue.skip(given);
    this.next();
    return true;
  }

  swap(): void {
    if (this.current) this.swapped = !this.swapped;
  }

  /** Takes back the last answer that still stands; as often as one likes. */
  async undo(): Promise<void> {
    if (this.undoing) return;
    this.undoing = true;
    try {
      await this.outbox.drained();
      const reply = await this.client.post<UndoReply>("/api/undo", { id: this.uuid() });
      await this.undone(reply);
    } catch (error) {
      if (isOut(error)) this.events.expired();
      else if (error instanceof Refused) this.events.notice(error.message);
      else this.events.notice("Undo needs the server, which cannot be reached now.");
    } finally {
      this.undoing = false;
    }
  }

  private async undone(reply: UndoReply): Promise<void> {
    if (!reply.undone) {
      this.events.notice("There is nothing to undo.");
      return;
    }
    if (reply.pair) {
      const ready = await this.queue.reopen(reply.pair);
      if (this.current) this.queue.unshift(this.current);
      this.put(ready);
    }
    this.events.undone(reply.undone.choice);
  }

  /** Makes right of left, or left of right, in an old answer. */
  async flip(row: HistoryRow): Promise<HistoryRow> {
    const reply = await this.client.post<{ answer: HistoryRow }>(
      `/api/answers/${encodeURIComponent(row.id)}/flip`, { id: this.uuid() });
    return reply.answer ?? { ...row, choice: mirrored(row.choice) };
  }

  /** The page goes away: others may have the pairs that it holds. */
  leave(): void {
    // also when it holds none: a request for pairs may still be on its way
    const [questions, keeps] = [this.queue.held(this.current), this.outbox.questions];
    this.client.farewell("/api/release", { questions, ends: this.queue.visit, keeps });
  }
}
