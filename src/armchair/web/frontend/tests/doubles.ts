/** Stand-ins for the server, the browser's storage and the clips. */

import type { Client } from "../src/api";
import type { ClipRef, Pair } from "../src/contract";
import type { ClipSource, QueueEvents } from "../src/label/queue";
import type { Shelf } from "../src/label/outbox";
import type { ClipData } from "../src/player/player";

export type Handler = (url: string, body: unknown) => unknown;

/** Notes every request; the handler gives the reply or throws. */
export class FakeClient implements Client {
  readonly calls: { url: string; body: unknown }[] = [];
  constructor(public handler: Handler) {}

  async get<T>(url: string): Promise<T> {
    return this.answer(url, null) as T;
  }
  async bytes(url: string): Promise<ArrayBuffer> {
    return this.answer(url, null) as ArrayBuffer;
  }
  async post<T>(url: string, body: unknown): Promise<T> {
    return (await this.answer(url, body)) as T;
  }
  farewell(url: string, body: unknown): void {
    this.calls.push({ url, body });
  }
  private answer(url: string, body: unknown): unknown {
    this.calls.push({ url, body });
    return this.handler(url, body);
  }
  to(url: string): unknown[] {
    return this.calls.filter((call) => call.url === url).map((call) => call.body);
  }
}

export class FakeShelf implements Shelf {
  readonly kept = new Map<string, string>();
  get length(): number { return this.kept.size; }
  key(index: number): string | null { return [...this.kept.keys()][index] ?? null; }
  getItem(key: string): string | null { return this.kept.get(key) ?? null; }
  setItem(key: string, value: string): void { this.kept.set(key, value); }
  removeItem(key: string): void { this.kept.delete(key); }
}

export function clip(id: string, kind: ClipRef["kind"] = "poses"): ClipRef {
  return { id, kind, steps: 2, bodies: 1, url: `/api/clips/${id}`, film: `/api/clips/${id}/film` };
}

export function pair(question: string): Pair {
  return { question, left: clip(`${question}-l`), right: clip(`${question}-r`), policy_step: 0, alike: true, wish: null, asks: null };
}

export class FakeClips implements ClipSource {
  readonly freed: string[] = [];
  readonly films: string[] = [];
  broken = new Set<string>();
  async load(ref: ClipRef, asFilm: boolean): Promise<ClipData> {
    if (this.broken.has(ref.id)) throw new Error("broken");
    if (asFilm) {
      this.films.push(ref.id);
      return { ref, kind: "film", url: `blob:${ref.id}` };
    }
    return { ref, kind: "poses", poses: { steps: 2, bodies: 1, data: new Float32Array(14) } };
  }
  free(data: ClipData): void { this.freed.push(data.ref.id); }
}

export function queueEvents(): QueueEvents & { expiredCount: number; why: string[]; under: Set<string> } {
  return {
    under: new Set<string>(), // questions whose answers are under way
    expiredCount: 0,
    why: [] as string[],
    changed(): void {},
    expired(): void { this.expiredCount += 1; },
    answered(question: string): boolean { return this.under.has(question); },
    unusable(why: string): void { this.why.push(why); },
  };
}

/** Lets everything that is already promised happen. */
export async function settle(): Promise<void> {
  for (let k = 0; k < 30; k++) await Promise.resolve();
}
