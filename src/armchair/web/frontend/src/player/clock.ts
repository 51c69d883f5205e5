/** What is the time within the clips: loops with a short hold at the end. No timers, so that it can be tested. */

export const RATES = [0.25, 0.5, 1, 2] as const;
const HOLD = 0.7; // s that the last picture stands before the clips begin again

export class Clock {
  step = 0; // the moment shown, between 0 and steps - 1; not whole while playing
  playing = true;
  rate = 1;
  loop = true;
  private steps = 1;
  private dt = 0.05; // s, of a step
  private held = 0; // s that the end has been shown

  /** Begin to play, at the beginning of clips of `steps` steps of `dt` seconds. */
  begin(steps: number, dt: number): void {
    this.steps = Math.max(1, steps);
    this.dt = dt;
    this.step = 0;
    this.held = 0;
    this.playing = true;
  }

  get last(): number {
    return this.steps - 1;
  }

  get stepSeconds(): number {
    return this.dt;
  }

  /** Let `seconds` pass. Returns whether another picture is due. */
  advance(seconds: number): boolean {
    if (!this.playing || this.last === 0) return false;
    if (this.step >= this.last) return this.hold(seconds);
    this.step = Math.min(this.last, this.step + (seconds * this.rate) / this.dt);
    return true;
  }

  private hold(seconds: number): boolean {
    if (!this.loop) {
      this.playing = false;
      return false;
    }
    this.held += seconds;
    if (this.held < HOLD) return false;
    this.held = 0;
    this.step = 0;
    return true;
  }

  seek(step: number): void {
    this.step = Math.min(Math.max(step, 0), this.last);
    this.held = 0;
  }

  /** Go on; from the end that means from the beginning. */
  play(): void {
    if (this.step >= this.last) this.seek(0);
    this.playing = true;
  }

  pause(): void {
    this.playing = false;
  }

  /** To the next (+1) or previous (-1) whole step, and stand there. */
  nudge(direction: 1 | -1): void {
    this.pause();
    this.seek(direction > 0 ? Math.floor(this.step + 1e-6) + 1 : Math.ceil(this.step - 1e-6) - 1);
  }
}
