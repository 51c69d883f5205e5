/** The controls of playback, for any player. */

import { clockText } from "../label/words";
import { RATES } from "../player/clock";
import type { Player } from "../player/player";
import { byId, make, press, setText } from "./dom";
import { popup } from "./popup";

const RATE_WORDS: Record<number, string> = { 0.25: "¼×", 0.5: "½×", 1: "1×", 2: "2×" };

/** Not every page has every control. */
function on(id: string, run: () => void): void {
  document.getElementById(id)?.addEventListener("click", run);
}

export class Transport {
  private rateAt = RATES.indexOf(1);
  private ghostOn = false;
  private traceOn = false;
  private readonly scrub = byId<HTMLInputElement>("scrub");
  private readonly rates = RATES.map((rate, k) =>
    make("button", { text: RATE_WORDS[rate]!, onclick: () => this.setRate(k) }));

  /** `onswap` is told before the sides are exchanged. */
  constructor(private player: Player | null, private readonly dt: () => number, private readonly onswap: () => void) {
    byId("rates").append(...this.rates);
    on("pause", () => this.toggle());
    on("step-back", () => this.nudge(-1));
    on("step-forth", () => this.nudge(1));
    on("swap", () => this.swap());
    on("ghost", () => this.ghost());
    on("trace", () => this.trace());
    on("view", () => this.player?.resetView());
    const toggle = document.getElementById("tools-toggle");
    if (toggle) popup(toggle, byId("tools"), (open) => { byId("tools").classList.toggle("open", open); });
    this.scrub.addEventListener("input", () => {
      this.player?.pause();
      this.player?.seek(Number(this.scrub.value));
      this.showPlaying();
    });
    this.scrub.addEventListener("pointerup", () => this.scrub.blur()); // or the next arrow key would move it
    this.setRate(this.rateAt);
  }

  /** Steers another player from now on, with the settings that were chosen. */
  attach(player: Player, is3d: boolean): void {
    this.player = player;
    player.onstep = (step, last) => this.showStep(step, last);
    player.rate(RATES[this.rateAt]!);
    player.ghost(this.ghostOn);
    player.trace(this.traceOn);
    for (const button of document.querySelectorAll<HTMLElement>(".only3d")) button.hidden = !is3d;
    this.showPlaying();
  }

  private lastPlaying = true;

  private showStep(step: number, last: number): void {
    if (this.scrub.max !== String(last)) this.scrub.max = String(last);
    const value = String(Math.round(step));
    if (this.scrub.value !== value) {
      this.scrub.value = value;
      this.scrub.setAttribute("aria-valuetext", `step ${value} of ${last}`);
    }
    setText(byId("time"), clockText(step, last, this.dt()));
    if (this.player && this.player.playing !== this.lastPlaying) this.showPlaying();
  }

  private showPlaying(): void {
    const playing = this.player?.playing ?? false;
    this.lastPlaying = playing;
    byId("pause-icon").setAttribute("href", playing ? "#i-pause" : "#i-play");
    setText(byId("pause-text"), playing ? "Pause" : "Play");
  }

  toggle(): void {
    if (this.player?.playing) this.player.pause();
    else this.player?.play();
    this.showPlaying();
  }

  nudge(direction: 1 | -1): void {
    this.player?.nudge(direction);
    this.showPlaying();
  }

  faster(by: 1 | -1): void {
    this.setRate(Math.min(RATES.length - 1, Math.max(0, this.rateAt + by)));
  }

  private setRate(at: number): void {
    this.rateAt = at;
    this.rates.forEach((button, k) => press(button, k === at));
    this.player?.rate(RATES[at]!);
  }

  swap(): void {
    this.onswap();
    this.player?.swap();
  }

  showSwapped(swapped: boolean): void {
    press(byId("swap"), swapped);
  }

  ghost(): void {
    this.ghostOn = !this.ghostOn;
    press(byId("ghost"), this.ghostOn);
    this.player?.ghost(this.ghostOn);
  }

  trace(): void {
    this.traceOn = !this.traceOn;
    press(byId("trace"), this.traceOn);
    this.player?.trace(this.traceOn);
  }
}
