/** The newest poses of a running arm, smoothed between two of its steps. */

import { framed, poseAt, pathOf, type Poses } from "../player/poses";
import type { SceneAsset } from "../scene/asset";

const KEPT = 110; // steps of the tool's path

export class LiveArm {
  private readonly pair: Poses; // the last two steps
  private came = 0;
  private count = 0;
  private path: number[] = [];

  constructor(readonly rows: number, private readonly dt: number, private readonly asset: Pick<SceneAsset, "toolBody" | "toolOffset" | "frame">) {
    this.pair = { steps: 2, bodies: rows, data: new Float32Array(2 * rows * 7) };
  }

  /** A step has come at `now` ms. Returns false for bytes that are not poses of this arm. */
  take(bytes: ArrayBuffer, now: number): boolean {
    const size = this.rows * 7;
    if (bytes.byteLength !== size * 4) return false;
    const told = new Float32Array(bytes);
    if (!told.every(Number.isFinite)) return false;
    const { data: fresh } = framed({ steps: 1, bodies: this.rows, data: told }, this.asset.frame);
    if (this.count) this.pair.data.copyWithin(0, size);
    else this.pair.data.set(fresh);
    this.pair.data.set(fresh, size);
    this.came = now;
    this.count += 1;
    const tool = pathOf({ steps: 1, bodies: this.rows, data: fresh }, this.asset.toolBody, this.asset.toolOffset);
    this.path.push(...tool);
    if (this.path.length > 3 * KEPT) this.path.splice(0, 3);
    return true;
  }

  /** The poses to be shown at `now`: one step behind, so that there is something to move towards. */
  at(now: number, rate: number, out: Float32Array): void {
    const share = Math.min(1, ((now - this.came) / 1000) * (rate / this.dt));
    poseAt(this.pair, share, out);
  }

  /** Whether the arm still moves between its last two steps at `now`. */
  moving(now: number, rate: number): boolean {
    return ((now - this.came) / 1000) * rate <= this.dt;
  }

  get trail(): Float32Array {
    return new Float32Array(this.path);
  }

  /** A new episode: the tool's path begins anew. */
  restart(): void {
    this.path = [];
  }
}
