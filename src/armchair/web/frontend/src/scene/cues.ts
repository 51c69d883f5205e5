/** The point that counts and the place where it should be, in the poses of a clip. */

import { pathOf, type Poses } from "../player/poses";
import type { SceneAsset } from "./asset";

/** A point fixed to a body: its row of the poses and where it is in the body's frame, m. */
export interface Spot {
  row: number;
  offset: readonly [number, number, number];
}

export interface Aim {
  point: Spot;
  place: Spot;
  above: number; // m, the place's height over its spot, in the world
  radius: number; // m, within which the point has arrived
}

/** What the task is about, or null where the scene does not say or names what it does not have. */
export function aimOf(asset: SceneAsset): Aim | null {
  const [cue] = asset.cues;
  if (!cue) return null;
  const point = spotOf(cue.point, asset);
  const place = spotOf(cue.place, asset);
  return point && place ? { point, place, above: cue.above, radius: cue.radius } : null;
}

function spotOf(name: string, asset: SceneAsset): Spot | null {
  if (name === "tool") return { row: asset.toolBody, offset: asset.toolOffset };
  if (name === "goal") return { row: asset.bodies.length, offset: [0, 0, 0] };
  const row = asset.bodies.findIndex((body) => body.name === name);
  return row < 0 ? null : { row, offset: [0, 0, 0] };
}

/** Where the point and its place are at every step. xyz after xyz */
export interface Track {
  point: Float32Array;
  place: Float32Array;
}

export function trackOf(clip: Poses, aim: Aim): Track {
  const place = pathOf(clip, aim.place.row, aim.place.offset);
  for (let at = 2; at < place.length; at += 3) place[at]! += aim.above;
  return { point: pathOf(clip, aim.point.row, aim.point.offset), place };
}

/** How far apart they are at a step, m. */
export function distanceAt(track: Track, step: number): number {
  const at = 3 * step;
  const { point, place } = track;
  return Math.hypot(point[at]! - place[at]!, point[at + 1]! - place[at + 1]!, point[at + 2]! - place[at + 2]!);
}
