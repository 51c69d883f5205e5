/** Where points are in a camera's picture. Only numbers. */

import { framing, type Vector } from "./framing";

/** A camera: where it stands, how it is turned, how far it sees. */
export interface Sight {
  eye: Vector;
  forward: Vector;
  right: Vector;
  up: Vector;
  half: number; // tangent of half the angle from top to bottom
}

export const DOWN: Vector = [0, 0, -1];
export const FAR = 4; // m from what a map shows, so that a map's edges hardly lean outwards
const FILLED = 0.92; // of half the map's width that points may reach

/** Looks from `eye` towards `target`, as far as `framing` has to move it so that all points are seen. */
export function sightOf(eye: Vector, target: Vector, half: number, aspect: number, points: ArrayLike<number>): Sight {
  const found = framing(eye, target, half, aspect, points);
  return { ...turned(minus(target, eye)), eye: found.eye, half: found.half };
}

/** Looks along `forward` from afar, at the middle of the points, which fill the picture. */
export function mapOf(forward: Vector, aspect: number, points: ArrayLike<number>): Sight {
  const axes = turned(forward);
  const [low, high] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]];
  for (let at = 0; at < points.length; at++) {
    low[at % 3] = Math.min(low[at % 3]!, points[at]!);
    high[at % 3] = Math.max(high[at % 3]!, points[at]!);
  }
  const middle = low.map((one, k) => (one + high[k]!) / 2);
  const eye = middle.map((one, k) => one - FAR * axes.forward[k]!) as unknown as Vector;
  const [x, y] = reachOf({ ...axes, eye, half: 1 }, 1, points);
  return { ...axes, eye, half: Math.max(y, x / aspect) / FILLED };
}

/** x and y of each point, within -1 and 1 where it is in the picture; y is upwards. */
export function project(sight: Sight, aspect: number, points: ArrayLike<number>): Float64Array {
  const found = new Float64Array((points.length / 3) * 2);
  const { eye, forward, right, up, half } = sight;
  for (let k = 0, to = 0; k + 2 < points.length; k += 3, to += 2) {
    const x = points[k]! - eye[0];
    const y = points[k + 1]! - eye[1];
    const z = points[k + 2]! - eye[2];
    const depth = Math.max(x * forward[0] + y * forward[1] + z * forward[2], 0.1) * half;
    found[to] = (x * right[0] + y * right[1] + z * right[2]) / (depth * aspect);
    found[to + 1] = (x * up[0] + y * up[1] + z * up[2]) / depth;
  }
  return found;
}

/** How far from the middle the outermost points are drawn, in half widths and half heights. */
export function reachOf(sight: Sight, aspect: number, points: ArrayLike<number>): [number, number] {
  const found = project(sight, aspect, points);
  const reach: [number, number] = [0, 0];
  for (let at = 0; at < found.length; at++) reach[at & 1] = Math.max(reach[at & 1]!, Math.abs(found[at]!));
  return reach;
}

/** Upright; straight down -x is up, much as it is from the usual place. */
function turned(way: Vector): Pick<Sight, "forward" | "right" | "up"> {
  const forward = unit(way);
  const level = Math.hypot(forward[0], forward[1]);
  const right: Vector = level > 1e-6 ? [forward[1] / level, -forward[0] / level, 0] : [0, 1, 0];
  const up: Vector = [
    right[1] * forward[2] - right[2] * forward[1],
    right[2] * forward[0] - right[0] * forward[2],
    right[0] * forward[1] - right[1] * forward[0],
  ];
  return { forward, right, up };
}

function unit(a: Vector): Vector {
  const size = Math.hypot(...a) || 1;
  return [a[0] / size, a[1] / size, a[2] / size];
}

function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
