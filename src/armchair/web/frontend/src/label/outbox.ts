/**
 * Answers on their way to the server. Each is kept in the browser from the key press until the server has said
 * that it is saved, and is sent again until then; its id makes a second arrival harmless.
 *
 * Kept in localStorage, one entry an answer: a write is done when the call returns, so that closing the tab
 * right after a key press loses nothing, and two tabs never overwrite each other's entries.
 */

import { isOut, isTransient, Refused, type Client } from "../api";
import type { AnswerBody, AnswerReply } from "../contract";

export interface Shelf {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface OutboxEvents {
  /** The number of answers that wait, or whether the server can be reached, has changed. */
  changed(): void;
  saved(answer: AnswerBody, reply: AnswerReply): void;
  /** The server will never take this answer (answered elsewhere, lease lost); it was dropped. */
  dropped(answer: AnswerBody, why: string): void;
  /** The session is over; answers stay until the person has signed in again. */
  expired(): void;
}

const FIRST_WAIT = 500; // ms until the first repetition; doubles
const LONGEST_WAIT = 15_000;
const MOST_TOLD = 200;

export class Outbox {
  offline = false;
  private sending = false;
  private stopped = false;
  private wait = FIRST_WAIT;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly fresh: AnswerBody[] = []; // in order, of this visit and of earlier ones
  private readonly prefix: string;
  private readonly waiters = new Set<() => void>();

  /** `owner` keeps the answers of different runs and people on one machine apart. */
  constructor(private readonly client: Client, private readonly shelf: Shelf | null, owner: string,
    private readonly events: OutboxEvents) {
    this.prefix = `armchair.outbox.${owner}.`;
    this.fresh.push(...this.stored());
  }

  private stored(): AnswerBody[] {
    const found: { at: number; answer: AnswerBody }[] = [];
    for (let k = 0; this.shelf && k < this.shelf.length; k++) {
      const key = this.shelf.key(k);
      if (!key?.startsWith(this.prefix)) continue;
      try {
        found.push(JSON.parse(this.shelf.getItem(key) ?? "") as { at: number; answer: AnswerBody });
      } catch {
        this.shelf.removeItem(key); // half an entry is no answer
      }
    }
    return found.sort((a, b) => a.at - b.at).map((one) => one.answer);
  }

  get waiting(): number {
    return this.fresh.length;
  }

  /** Whether an answer to this question waits here. */
  holds(question: string): boolean {
    return this.fresh.some((answer) => answer.question === question);
  }

  /** What the latest of them answer; as many as the server wants to know. */
  get questions(): string[] {
    return this.fresh.slice(-MOST_TOLD).map((answer) => answer.question);
  }

  /** Keeps the answer and begins to send it. Returns at once. */
  put(answer: AnswerBody): void {
    if (this.fresh.some((one) => one.id === answer.id)) return;
    this.fresh.push(answer);
    try {
      this.shelf?.setItem(this.prefix + answer.id, JSON.stringify({ at: Date.now(), answer }));
    } catch {
      // a full or forbidden shelf: the answer is still sent, it only would not outlive the tab
    }
    this.events.changed();
    void this.flush();
  }

  /** Sends what waits, oldest first, now. */
  async flush(): Promise<void> {
    if (this.sending || this.stopped) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.sending = true;
    try {
      while (this.fresh.length && (await this.sendFirst())) this.wait = FIRST_WAIT;
    } finally {
      this.sending = false;
    }
    if (!this.fresh.length) this.settle();
  }

  /** Resolves when nothing waits any more; rejects when that cannot be now. */
  async drained(): Promise<void> {
    if (!this.fresh.length) return;
    if (this.offline || this.stopped) throw new Error("offline");
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (this.fresh.length && !this.offline && !this.stopped) return;
        this.waiters.delete(check);
        if (this.fresh.length) reject(new Error("offline"));
        else resolve();
      };
      this.waiters.add(check);
      void this.flush();
    });
  }

  private settle(): void {
    for (const waiter of [...this.waiters]) waiter();
  }

  private async sendFirst(): Promise<boolean> {
    const answer = this.fresh[0]!;
    try {
      const reply = await this.client.post<AnswerReply>("/api/answers", answer);
      this.offline = false;
      this.remove(answer);
      this.events.saved(answer, reply);
      return true;
    } catch (error) {
      return this.failed(answer, error);
    }
  }

  private failed(answer: AnswerBody, error: unknown): boolean {
    if (isOut(error)) {
      this.stopped = true;
      this.settle();
      this.events.expired();
      return false;
    }
    if (error instanceof Refused && !isTransient(error)) {
      this.offline = false;
      this.remove(answer);
      this.events.dropped(answer, error.message);
      return true;
    }
    this.offline = true;
    this.timer = setTimeout(() => void this.flush(), this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
    this.settle();
    this.events.changed();
    return false;
  }

  private remove(answer: AnswerBody): void {
    const at = this.fresh.findIndex((one) => one.id === answer.id);
    if (at >= 0) this.fresh.splice(at, 1);
    this.shelf?.removeItem(this.prefix + answer.id);
    this.events.changed();
  }

  /** Begin again after signing in. */
  resume(): void {
    this.stopped = false;
    this.wait = FIRST_WAIT;
    void this.flush();
  }
}
