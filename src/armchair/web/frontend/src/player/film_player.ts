/** Clips as films: two videos kept in step. For clips without poses and browsers without WebGL 2. */

import { at } from "../base";
import { Clock } from "./clock";
import type { ClipData, Player } from "./player";
import { Ticker } from "./ticker";

const DRIFT = 0.02; // s, beyond which the second video is nudged
const LOST = 0.12; // s, beyond which it is set
const NUDGE = 0.05; // share of the rate

export class FilmPlayer implements Player {
  onstep: Player["onstep"] = () => undefined;
  onslow: Player["onslow"] = () => undefined;
  private readonly frame = document.createElement("div");
  private videos: [HTMLVideoElement, HTMLVideoElement];
  private readonly clock = new Clock(); // keeps the rate and the hold at the end; the first video is the time
  private readonly ticker = new Ticker((seconds) => this.tick(seconds));
  private shown = true;

  constructor(box: HTMLElement, public dt: number) {
    this.frame.className = "films";
    this.videos = [makeVideo(), makeVideo()];
    this.frame.append(...this.videos);
    box.prepend(this.frame);
    this.clock.loop = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  load(left: ClipData, right: ClipData): void {
    if (left.kind !== "film" || right.kind !== "film") return;
    this.clock.begin(Math.max(left.ref.steps, right.ref.steps), this.dt);
    [left, right].forEach((clip, k) => {
      this.videos[k as 0 | 1].src = at(clip.url);
    });
    this.restart();
    this.onstep(0, this.clock.last);
  }

  private restart(): void {
    for (const video of this.videos) {
      video.currentTime = 0;
      video.playbackRate = this.clock.rate;
    }
    this.follow();
  }

  private follow(): void {
    for (const video of this.videos) {
      if (this.clock.playing && this.shown) void video.play().catch(() => undefined); // a newer load broke it off
      else video.pause();
    }
    if (this.clock.playing && this.shown) this.ticker.wake();
  }

  private tick(seconds: number): boolean {
    const [first] = this.videos;
    if (!this.clock.playing || !this.shown) return false;
    if (this.finished()) {
      if (this.clock.step < this.clock.last) this.clock.seek(this.clock.last);
      if (this.clock.advance(seconds)) this.restart();
      else if (!this.clock.playing) this.follow();
    } else {
      this.clock.step = Math.min(first.currentTime / this.dt, this.clock.last);
      this.keepInStep();
    }
    this.onstep(this.clock.step, this.clock.last);
    return this.clock.playing;
  }

  private finished(): boolean {
    return this.videos.every((video) => video.ended || video.error !== null);
  }

  private keepInStep(): void {
    const [first, second] = this.videos;
    if (first.ended || second.ended || first.readyState < 2 || second.readyState < 2) return;
    const drift = second.currentTime - first.currentTime;
    if (Math.abs(drift) > LOST) second.currentTime = first.currentTime;
    const correction = Math.abs(drift) > DRIFT ? 1 - Math.sign(drift) * NUDGE : 1;
    second.playbackRate = this.clock.rate * correction;
  }

  private place(): void {
    for (const video of this.videos) video.currentTime = this.clock.step * this.dt;
    this.onstep(this.clock.step, this.clock.last);
  }

  show(): void {
    this.shown = true;
    this.frame.hidden = false;
    this.follow();
  }

  hide(): void {
    this.shown = false;
    this.frame.hidden = true;
    this.follow();
  }

  get playing(): boolean {
    return this.clock.playing;
  }

  play(): void {
    const again = this.clock.step >= this.clock.last;
    this.clock.play();
    if (again) this.restart();
    else this.follow();
  }

  pause(): void {
    this.clock.pause();
    this.follow();
  }

  seek(step: number): void {
    this.clock.seek(step);
    this.place();
  }

  nudge(direction: 1 | -1): void {
    this.clock.nudge(direction);
    this.follow();
    this.place();
  }

  rate(times: number): void {
    this.clock.rate = times;
    for (const video of this.videos) video.playbackRate = times;
  }

  swap(): void {
    this.videos = [this.videos[1], this.videos[0]];
    this.frame.replaceChildren(...this.videos);
    this.follow(); // a video that is moved in the page stops
  }

  ghost(): void {} // films cannot be laid over each other in a way that helps

  trace(): void {}

  resetView(): void {}

  resize(): void {}

  destroy(): void {
    this.ticker.stop();
    for (const video of this.videos) {
      video.pause();
      video.removeAttribute("src");
      video.load();
    }
    this.frame.remove();
  }
}

function makeVideo(): HTMLVideoElement {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  video.disablePictureInPicture = true;
  video.tabIndex = -1;
  video.setAttribute("aria-hidden", "true"); // described by the panes, steered by our own controls
  return video;
}
