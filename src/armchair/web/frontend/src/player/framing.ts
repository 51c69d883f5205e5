/** How a camera that looks in a given direction has to stand so that points are in its picture. Only numbers. */

export type Vector = readonly [number, number, number];

/** From where a camera looks at what, and how far it sees: `half` is the tangent of half the angle from top to bottom. */
export interface Home {
  eye: Vector;
  target: Vector;
  half: number;
}

const HEIGHT = 37; // degrees seen from top to bottom, unless something would be cut off
const FURTHER = 1.1; // labels stand in the corners
const ASIDE: Vector = [-0.035, -0.045, 0.05]; // m, brings the arm rather than the table to the middle

/** The page's usual place, from a scene's own camera. */
export function homeOf(camera: { eye: Vector; target: Vector }): Home {
  const away = minus(camera.eye, camera.target);
  const target = camera.target.map((one, k) => one + ASIDE[k]!) as unknown as Vector;
  const eye = target.map((one, k) => one + FURTHER * away[k]!) as unknown as Vector;
  return { eye, target, half: Math.tan((HEIGHT / 2) * (Math.PI / 180)) };
}

/** Where the camera stands and how far it sees: `half` is the tangent of half the angle from top to bottom. */
export interface Framing {
  eye: Vector;
  half: number;
}

const FILLED = 0.92; // of the picture's half width that points may reach
const ROUNDS = 4; // points lie at different distances, so a step aside moves them by different amounts

/**
 * Starts from `eye`, looking at `target` with +z up. Where points lie outside of the picture it steps aside, no further
 * than needed, and sees wider where that is not enough. `points`: xyz after xyz; `aspect`: width / height.
 */
export function framing(eye: Vector, target: Vector, half: number, aspect: number, points: ArrayLike<number>): Framing {
  const forward = unit(minus(target, eye));
  const right = unit([forward[1], -forward[0], 0]);
  const up = cross(right, forward);
  const distance = Math.sqrt(dot(minus(target, eye), minus(target, eye)));
  let at = eye;
  let wide = half;
  for (let round = 0; round < ROUNDS; round++) {
    const [left, far, low, high] = extent(at, forward, right, up, points);
    wide = Math.max(half, (far - left) / 2 / FILLED / aspect, (high - low) / 2 / FILLED);
    const aside = distance * aim(left, far, FILLED * wide * aspect);
    const lift = distance * aim(low, high, FILLED * wide);
    at = [0, 1, 2].map((k) => at[k]! + aside * right[k]! + lift * up[k]!) as unknown as Vector;
  }
  return { eye: at, half: wide };
}

/** By how much the picture's middle must move so that what reaches from `low` to `high` is within `reach` of it. */
function aim(low: number, high: number, reach: number): number {
  if (high - low >= 2 * reach) return (low + high) / 2;
  return Math.max(0, high - reach) + Math.min(0, low + reach);
}

type Extent = [left: number, right: number, bottom: number, top: number];

/** Tangents of the outermost points. */
function extent(eye: Vector, forward: Vector, right: Vector, up: Vector, points: ArrayLike<number>): Extent {
  const found: Extent = [Infinity, -Infinity, Infinity, -Infinity];
  for (let k = 0; k + 2 < points.length; k += 3) {
    const away = minus([points[k]!, points[k + 1]!, points[k + 2]!], eye);
    const depth = Math.max(dot(away, forward), 0.1);
    const x = dot(away, right) / depth;
    const y = dot(away, up) / depth;
    found[0] = Math.min(found[0], x);
    found[1] = Math.max(found[1], x);
    found[2] = Math.min(found[2], y);
    found[3] = Math.max(found[3], y);
  }
  return points.length < 3 ? [0, 0, 0, 0] : found;
}

function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Vector): Vector {
  const size = Math.sqrt(dot(a, a)) || 1;
  return [a[0] / size, a[1] / size, a[2] / size];
}
