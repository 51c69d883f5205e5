/** What the run's owner can do from the page: ask for more answers, go on, end the run. */

import type { Client } from "../api";
import type { State } from "../contract";
import type { Deeds } from "./ending";

export class Owner implements Deeds {
  /** state: as last heard of. failed: is told of what could not be done. */
  constructor(private readonly client: Client, private readonly state: () => State,
    private readonly failed: (error: unknown) => void) {}

  more(count: number): void {
    const { progress, trainer } = this.state();
    const labels = Math.max(progress.budget ?? 0, progress.answers) + count;
    const here = trainer.waits || (trainer.alive && trainer.phase !== "done");
    if (here || !this.state().can_start) void this.set("labels", labels);
    else void this.post("/api/run/teach-on", { labels: count });
  }

  goOn(): void {
    void this.post("/api/run/teach-on", { labels: 0 });
  }

  finish(): void {
    void this.set("finished", true);
  }

  settle(on: boolean): void {
    void this.post("/api/run/settle", { on });
  }

  useOlder(older: boolean): void {
    void this.post("/api/run/policy", { older });
  }

  private set(key: string, value: number | boolean): Promise<void> {
    return this.post("/api/settings", { key, value });
  }

  private async post(url: string, data: unknown): Promise<void> {
    try {
      await this.client.post(url, data);
    } catch (error) {
      this.failed(error);
    }
  }
}
