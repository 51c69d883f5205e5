/** What of a clip has to be in the picture. */

import type { SceneAsset } from "../scene/asset";
import { pathOf, type Poses } from "./poses";

type Corner = readonly [number, number, number];

const ALWAYS: readonly [Corner, Corner] = [[0.42, -0.27, 0], [0.7, 0.27, 0.45]]; // m, where goals and blocks are
const AT_MOST: readonly [Corner, Corner] = [[0.15, -0.6, 0], [0.95, 0.6, 0.8]]; // m, what fell from the table is lost
const ROOM = 0.03; // m around the tool, a block, a goal
const REACH: readonly [Corner, Corner] = [[-0.9, -1.1, 0], [1.2, 1.1, 1.3]]; // m, where the tool can be at all
const GRIPPER = 3; // rows from the tool's body on that are the hand and its fingers, which no table's edge holds

const BEYOND = 1.5; // m around what is always seen, where bodies of others may go

/** Corners of the box that holds the workspace, the tool's ways, the hand, the blocks and the goals. xyz after xyz */
export function workspaceOf(clips: readonly Poses[], asset: SceneAsset): number[] {
  return boxOf(mattersOf(clips, asset), asset.always ?? ALWAYS);
}

/** Where the tool, the hand and its fingers, blocks and goals are, at every step of all clips. xyz after xyz */
export function mattersOf(clips: readonly Poses[], asset: SceneAsset): number[] {
  if (asset.always) return othersOf(clips, asset, asset.always);
  const found: number[] = [];
  const add = (places: ArrayLike<number>, at: number, [low, high]: readonly [Corner, Corner]): void => {
    for (let k = 0; k < 3; k++) found.push(Math.min(Math.max(places[at + k]!, low[k]!), high[k]!));
  };
  for (const clip of clips) {
    const path = pathOf(clip, asset.toolBody, asset.toolOffset);
    for (let at = 0; at < path.length; at += 3) add(path, at, REACH);
    for (let step = 0; step < clip.steps; step++) {
      for (let row = asset.toolBody; row < clip.bodies; row++) {
        const arm = row < asset.toolBody + GRIPPER && row < asset.bodies.length;
        add(clip.data, (step * clip.bodies + row) * 7, arm ? REACH : AT_MOST);
      }
    }
  }
  return found;
}

/** The same of a scene of others: it says which rows matter. */
function othersOf(clips: readonly Poses[], asset: SceneAsset, [low, high]: readonly [Corner, Corner]): number[] {
  const found: number[] = [];
  for (const clip of clips) {
    for (let step = 0; step < clip.steps; step++) {
      for (const row of asset.matters ?? []) {
        const at = (step * clip.bodies + row) * 7;
        for (let k = 0; k < 3; k++) found.push(Math.min(Math.max(clip.data[at + k]!, low[k]! - BEYOND), high[k]! + BEYOND));
      }
    }
  }
  return found;
}

/** Corners of the box around points, with room, and around what it holds anyway. */
export function boxOf(points: ArrayLike<number>, least?: readonly [Corner, Corner], room = ROOM): number[] {
  const low = least ? [...least[0]] : [Infinity, Infinity, Infinity];
  const high = least ? [...least[1]] : [-Infinity, -Infinity, -Infinity];
  for (let at = 0; at < points.length; at++) {
    low[at % 3] = Math.min(low[at % 3]!, points[at]! - room);
    high[at % 3] = Math.max(high[at % 3]!, points[at]! + room);
  }
  const corners: number[] = [];
  for (let k = 0; k < 8; k++) {
    corners.push((k & 1 ? high : low)[0]!, (k & 2 ? high : low)[1]!, (k & 4 ? high : low)[2]!);
  }
  return corners;
}
