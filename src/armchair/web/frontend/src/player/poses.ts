/** Body poses of a clip, and what lies between two of its steps. */

import type { Frame } from "../scene/asset";

/** Poses of L steps of B rows: position in m and quaternion w, x, y, z; the last row is the goal's marker. */
export interface Poses {
  steps: number;
  bodies: number;
  data: Float32Array; // L * B * 7
}

/** Poses that were measured in a scene's own world, as they are in the page's. */
export function framed(poses: Poses, frame: Frame | null): Poses {
  if (!frame) return poses;
  const data = poses.data.slice();
  for (let row = 0; row < data.length; row += 7) {
    for (let k = 0; k < 3; k++) data[row + k] = frame.scale * data[row + k]! + frame.shift[k]!;
  }
  return { ...poses, data };
}

export class BadPoses extends Error {}

/** Bytes as they come from the server (float32, little-endian). Throws BadPoses. */
export function decodePoses(bytes: ArrayBuffer, steps: number, bodies: number): Poses {
  const wanted = steps * bodies * 7 * 4;
  if (!(steps >= 1 && bodies >= 1) || bytes.byteLength !== wanted) {
    throw new BadPoses(`a clip of ${steps} steps and ${bodies} bodies has ${wanted} bytes, not ${bytes.byteLength}`);
  }
  const data = new Float32Array(bytes); // every browser that runs this page is little-endian
  for (const value of data) {
    if (!Number.isFinite(value)) throw new BadPoses("a clip has poses that are not finite");
  }
  return { steps, bodies, data };
}

/**
 * The poses at a moment between two steps, written into `out` (B * 7): positions on the straight line,
 * quaternions on the great circle, the short way round. Moments outside of the clip show its ends.
 */
export function poseAt(poses: Poses, step: number, out: Float32Array): void {
  const size = poses.bodies * 7;
  const moment = Math.min(Math.max(step, 0), poses.steps - 1);
  const before = Math.min(Math.floor(moment), poses.steps - 1);
  const after = Math.min(before + 1, poses.steps - 1);
  const share = moment - before;
  const a = before * size;
  const b = after * size;
  if (share === 0) {
    out.set(poses.data.subarray(a, a + size));
    return;
  }
  for (let row = 0; row < size; row += 7) {
    for (let k = row; k < row + 3; k++) out[k] = poses.data[a + k]! * (1 - share) + poses.data[b + k]! * share;
    slerp(poses.data, a + row + 3, b + row + 3, share, out, row + 3);
  }
}

function slerp(data: Float32Array, a: number, b: number, share: number, out: Float32Array, to: number): void {
  let dot = 0;
  for (let k = 0; k < 4; k++) dot += data[a + k]! * data[b + k]!;
  const sign = dot < 0 ? -1 : 1; // q and -q are the same turn
  const angle = Math.acos(Math.min(1, Math.abs(dot)));
  const near = angle < 1e-3; // sines of tiny angles cancel
  const first = near ? 1 - share : Math.sin((1 - share) * angle) / Math.sin(angle);
  const second = sign * (near ? share : Math.sin(share * angle) / Math.sin(angle));
  let norm = 0;
  for (let k = 0; k < 4; k++) {
    const value = first * data[a + k]! + second * data[b + k]!;
    out[to + k] = value;
    norm += value * value;
  }
  const scale = 1 / Math.sqrt(norm || 1);
  for (let k = 0; k < 4; k++) out[to + k]! *= scale;
}

/** Where a point fixed to a body is at every step. -> L * 3 */
export function pathOf(poses: Poses, body: number, offset: readonly [number, number, number]): Float32Array {
  const path = new Float32Array(poses.steps * 3);
  const [x, y, z] = offset;
  for (let step = 0; step < poses.steps; step++) {
    const at = (step * poses.bodies + body) * 7;
    const [px, py, pz, w, i, j, k] = poses.data.subarray(at, at + 7) as unknown as number[];
    const tx = 2 * (j! * z - k! * y);
    const ty = 2 * (k! * x - i! * z);
    const tz = 2 * (i! * y - j! * x);
    path[step * 3] = px! + x + w! * tx + (j! * tz - k! * ty);
    path[step * 3 + 1] = py! + y + w! * ty + (k! * tx - i! * tz);
    path[step * 3 + 2] = pz! + z + w! * tz + (i! * ty - j! * tx);
  }
  return path;
}
