/** Draws when something moves or changed, and only then. */

export class Ticker {
  private handle = 0;
  private last = 0;
  private running = false;

  /** `tick(seconds, now)` returns whether to go on. */
  constructor(private readonly tick: (seconds: number, now: number) => boolean) {}

  /** Makes sure that another tick comes. */
  wake(): void {
    if (this.running) return;
    this.running = true;
    this.last = 0;
    this.handle = requestAnimationFrame(this.frame);
  }

  private readonly frame = (now: number): void => {
    const seconds = this.last ? Math.min((now - this.last) / 1000, 0.25) : 0;
    this.last = now;
    if (this.tick(seconds, now)) {
      this.handle = requestAnimationFrame(this.frame);
    } else {
      this.running = false;
    }
  };

  stop(): void {
    cancelAnimationFrame(this.handle);
    this.running = false;
  }
}
