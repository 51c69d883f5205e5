/** What of a clip has to be in the picture. */

import type { SceneAsset } from "../scene/asset";
import { pathOf, type Poses } from "./poses";

type Corner = readonly [number, number, number];

const ALWAYS: readonly [Corner, Corner] = [[0.42, -0.27, 0], [0.7, 0.27, 0.45]]; // m, where goals and blocks are
const AT_MOST: readonly [Corner, Corner] = [[0.15, -0.6, 0], [0.95, 0.6, 0.8]]; // m, what fell from the table is lost
const ROOM = 0.03; // m around the tool, a block, a goal

/** Corners of the box that holds the workspace, the tool's ways, the blocks and the goals. xyz after xyz */
export function workspaceOf(clips: readonly Poses[], asset: SceneAsset): number[] {
  const low = [...ALWAYS[0]];
  const high = [...ALWAYS[1]];
  const hold = (place: ArrayLike<number>, at: number): void => {
    for (let k = 0; k < 3; k++) {
      const inside = Math.min(Math.max(place[at + k]!, AT_MOST[0][k]!), AT_MOST[1][k]!);
      low[k] = Math.min(low[k]!, inside - ROOM);
      high[k] = Math.max(high[k]!, inside + ROOM);
    }
  };
  for (const clip of clips) {
    const path = pathOf(clip, asset.toolBody, asset.toolOffset);
    for (let at = 0; at < path.length; at += 3) hold(path, at);
    for (let step = 0; step < clip.steps; step++) {
      for (let row = asset.toolBody; row < clip.bodies; row++) hold(clip.data, (step * clip.bodies + row) * 7);
    }
  }
  const corners: number[] = [];
  for (let k = 0; k < 8; k++) {
    corners.push((k & 1 ? high : low)[0]!, (k & 2 ? high : low)[1]!, (k & 4 ? high : low)[2]!);
  }
  return corners;
}
