/** Keeps the page's state fresh: one event stream while the tab is seen, none while it is not. */

import { at } from "../base";
import { isOut, type Client } from "../api";
import type { State } from "../contract";

const AGAIN = 3000; // ms

export interface LiveEvents {
  state(state: State): void;
  expired(): void;
  offline(is: boolean): void;
}

export class Live {
  private stream: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: Client, private readonly events: LiveEvents) {}

  start(): void {
    document.addEventListener("visibilitychange", () => this.follow());
    window.addEventListener("online", () => this.follow());
    this.follow();
  }

  /** Open or close the stream according to whether anybody looks. */
  follow(): void {
    clearTimeout(this.timer);
    if (document.hidden) this.stop();
    else if (!this.stream) this.open();
  }

  stop(): void {
    this.stream?.close();
    this.stream = null;
  }

  private open(): void {
    const stream = new EventSource(at("/api/events"));
    this.stream = stream;
    stream.addEventListener("state", (event) => {
      this.events.offline(false);
      this.events.state(JSON.parse((event as MessageEvent<string>).data) as State);
    });
    stream.addEventListener("error", () => {
      this.stop(); // our own repetition: the browser's would not tell a lost session from a lost network
      this.timer = setTimeout(() => void this.probe(), AGAIN / 3);
    });
  }

  /** Asks once, plainly, why the stream broke off; then opens it again. */
  private async probe(): Promise<void> {
    if (document.hidden) return;
    try {
      this.events.state(await this.client.get<State>("/api/state"));
      this.events.offline(false);
      this.open();
    } catch (error) {
      if (isOut(error)) {
        this.events.expired();
        return;
      }
      this.events.offline(true);
      this.timer = setTimeout(() => void this.probe(), AGAIN);
    }
  }
}
