/** Clips from body poses, in 3D. All views show the same moment of their clips. */

import type { SceneAsset } from "../scene/asset";
import type { Tone } from "../scene/studio";
import { Clock } from "./clock";
import { compose, type Composition } from "./composition";
import type { ClipData, Player } from "./player";
import { framed, pathOf, poseAt, type Poses } from "./poses";
import { Ticker } from "./ticker";
import { Views, type ViewOptions } from "./views";
import { workspaceOf } from "./workspace";

const SLOWER = 0.5; // times the rate, for clips that hardly differ

export class ScenePlayer implements Player {
  readonly views: Views;
  onstep: Player["onstep"] = () => undefined;
  onslow: Player["onslow"] = () => undefined;
  /** Called when the views of the clips were chosen anew. */
  oncompose: (composition: Composition) => void = () => undefined;
  private readonly clock = new Clock();
  private readonly ticker = new Ticker((seconds, now) => this.tick(seconds, now));
  private clips: Poses[] = [];
  private readonly moment: Float32Array;
  private dirty = false;
  private passed = 0; // s since the last picture
  private shown = true;
  private chosen = 1; // rate
  private exchanged = false; // the second view is the large one
  private composition: Composition | null = null;

  /** `twice`: each clip is shown from two sides. */
  constructor(box: HTMLElement, private readonly asset: SceneAsset, public dt: number, options: ViewOptions,
    private readonly twice = false) {
    this.views = new Views(box, asset, options);
    this.moment = new Float32Array(this.views.rows * 7);
    this.views.onchange = () => this.changed();
    this.clock.loop = !matchMedia("(prefers-reduced-motion: reduce)").matches; // then once for each pair
  }

  /** Whether a clip has the bodies of this scene. */
  fits(poses: Poses): boolean {
    return poses.bodies === this.views.rows;
  }

  load(left: ClipData, right: ClipData): void {
    if (left.kind === "poses" && right.kind === "poses") this.loadAll([left.poses, right.poses]);
  }

  /** One clip for each view. */
  loadAll(clips: Poses[]): void {
    this.clips = clips.map((clip) => framed(clip, this.asset.frame));
    this.follow();
    this.compose();
    this.clock.begin(Math.max(...clips.map((clip) => clip.steps)), this.dt);
    this.draw();
    this.ticker.wake();
  }

  private compose(): void {
    const { pane } = this.views;
    if (!this.clips.length) return;
    if (!this.twice || !pane) return this.views.camera.hold(workspaceOf(this.clips, this.asset));
    const before = this.composition?.corner ?? "bottom-right";
    this.composition = compose(this.clips, this.asset, this.views.camera.home, pane, this.exchanged, before);
    this.views.compose(this.composition, this.exchanged);
    this.rate(this.chosen);
    this.oncompose(this.composition);
  }

  /** The large and the small view change places. */
  exchange(): void {
    this.exchanged = !this.exchanged;
    this.compose();
    if (this.clips.length) this.changed();
  }

  private follow(): void {
    const { toolBody, toolOffset } = this.asset;
    this.clips.forEach((clip, k) => this.views.views[k]?.trail.follow(pathOf(clip, toolBody, toolOffset)));
  }

  private tick(seconds: number, now: number): boolean {
    this.passed += seconds;
    if (!this.dirty && this.passed < this.views.quality.gap) return true;
    const moved = this.clock.advance(this.passed);
    this.passed = 0;
    if (moved || this.dirty) this.draw();
    if (moved) this.watch(now);
    else this.views.quality.rest();
    return this.shown && this.clock.playing && this.clips.length > 0;
  }

  private watch(now: number): void {
    const verdict = this.views.watch(now);
    if (verdict === "lower") this.draw(); // another size empties the canvas
    if (verdict === "give up") this.onslow();
  }

  private draw(): void {
    this.dirty = false;
    this.clips.forEach((clip, k) => {
      poseAt(clip, this.clock.step, this.moment);
      this.views.views[k]?.actor.pose(this.moment);
      this.views.views[k]?.trail.show(Math.min(this.clock.step, clip.steps - 1));
      if (k === 1) this.views.poseGhost(this.moment);
    });
    this.views.connect(!this.clock.playing);
    if (this.clips.length) this.views.draw();
    this.onstep(this.clock.step, this.clock.last);
  }

  private changed(): void {
    this.dirty = true;
    this.ticker.wake();
  }

  show(): void {
    this.shown = true;
    this.views.canvas.hidden = false;
    this.changed();
  }

  hide(): void {
    this.shown = false;
    this.views.canvas.hidden = true;
  }

  get playing(): boolean {
    return this.clock.playing;
  }

  play(): void {
    this.clock.play();
    this.changed();
  }

  pause(): void {
    this.clock.pause();
    this.changed();
  }

  seek(step: number): void {
    this.clock.seek(step);
    this.changed();
  }

  nudge(direction: 1 | -1): void {
    this.clock.nudge(direction);
    this.changed();
  }

  rate(times: number): void {
    this.chosen = times;
    this.clock.rate = this.composition?.alike ? SLOWER * times : times;
  }

  swap(): void {
    this.clips.reverse();
    this.follow();
    this.changed();
  }

  ghost(on: boolean): void {
    this.views.ghost(on);
    this.changed();
  }

  trace(on: boolean): void {
    this.views.trace(on);
    this.changed();
  }

  tone(tone: Tone): void {
    this.views.tone(tone);
  }

  turn(sideways: number, upwards: number, distance = 1): void {
    this.views.camera.turn(sideways, upwards, distance);
  }

  resetView(): void {
    this.views.camera.reset();
    this.changed();
  }

  resize(): void {
    this.views.resize();
    this.compose();
    this.draw();
  }

  destroy(): void {
    this.ticker.stop();
    this.views.dispose();
  }
}
