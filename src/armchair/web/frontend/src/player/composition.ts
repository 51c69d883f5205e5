/** From where a pair of clips is shown: a large and a small view, chosen so that what differs is seen. */

import { aimOf, distanceAt, trackOf, type Aim, type Track } from "../scene/cues";
import type { SceneAsset } from "../scene/asset";
import type { Home, Vector } from "./framing";
import { cornerOf, hiddenIn, placesOf, type Corner, type Places } from "./layout";
import type { Poses } from "./poses";
import { DOWN, mapOf, project, sightOf, type Sight } from "./sight";
import { boxOf, mattersOf, workspaceOf } from "./workspace";

export type From = "above" | "the side";

export interface Composition {
  main: Home; // the usual place or a better one, see `sightOf`
  held: number[]; // what must be in the main view, xyz after xyz
  second: Sight;
  from: From; // the second view
  places: Places;
  corner: Corner;
  alike: boolean; // the clips differ by less than can be seen in the usual view: shown larger
}

const TURNS = [0, -0.42, 0.42, -0.84, 0.84] as const; // rad, to the side, of places where the camera may begin
const RISES = [0, 0.3] as const; // rad, upwards
const BETTER = 1.3; // times as much must be seen from elsewhere, or the camera stays
const PLAIN = 30; // px that the clips differ by are seen from the usual place as well
const PANE = 680; // px, the width of a pane for which
const TOLD = 6; // px are a difference that can be told
const CLOSER = 0.3; // of the usual angle, at the least
const TABLE: readonly [Vector, Vector] = [[0.3, -0.33, 0], [0.8, 0.33, 0]]; // m, what a map shows of the workspace
const HIGH = 0.5; // m, what it shows from the side
const WIDER = 1.08; // a step back where the small view would hide something
const STEPS = 10;

/** `swapped`: the second view is the large one. `before`: the small view's corner until now. */
export function compose(
  clips: readonly Poses[], asset: SceneAsset, home: Home, pane: { width: number; height: number },
  swapped: boolean, before: Corner,
): Composition {
  const { width, height } = pane;
  const first = placesOf(width, height, cornerOf(width, height, [], before));
  const [mine, other] = swapped ? [first.small, first.large] : [first.large, first.small];
  const [aspect, second] = [mine.width / mine.height, other.width / other.height];
  const tracks = tracksOf(clips, aimOf(asset));
  const usual = workspaceOf(clips, asset);
  const matters = mattersOf(clips, asset);
  const maps = mapsOf(matters, second, tracks, false, asset.always);
  const alike = tracks !== null && nearlyAlike(tracks, sightOf(home.eye, home.target, home.half, aspect, usual), aspect, maps, second);
  const held = alike ? boxOf(tracks.flatMap((one) => [...one.point, ...one.place])) : usual;
  const start = bestStart(alike ? nearer(home, held) : home, aspect, held, tracks);
  const chosen = alike ? mapsOf(matters, second, tracks, true, asset.always) : maps;
  const from = tracks && apart(tracks, chosen["the side"], second) > BETTER * apart(tracks, chosen.above, second) ? "the side" : "above";
  const needed = sightOf(start.eye, start.target, start.half, aspect, held).half;
  const wider = (times: number): Sight => (swapped ? { ...chosen[from], half: times * chosen[from].half }
    : sightOf(start.eye, start.target, times * needed, aspect, held));
  const made = freed(wider, alike ? held : matters, pane, before);
  return {
    main: swapped ? start : { ...start, half: made.large.half },
    held,
    second: swapped ? made.large : chosen[from],
    from,
    places: placesOf(width, height, made.corner),
    corner: made.corner,
    alike,
  };
}

/** A corner for the small view that hides nothing, and the large one, which steps back where there is none. */
function freed(wider: (times: number) => Sight, matters: number[], pane: { width: number; height: number }, before: Corner): { corner: Corner; large: Sight } {
  const { width, height } = pane;
  for (let step = 0; ; step++) {
    const large = wider(WIDER ** step);
    const seen = project(large, width / height, matters);
    const corner = cornerOf(width, height, seen, before);
    if (step === STEPS || !hiddenIn(width, height, corner, seen)) return { corner, large };
  }
}

function tracksOf(clips: readonly Poses[], aim: Aim | null): readonly Track[] | null {
  return aim && clips.length === 2 ? clips.map((clip) => trackOf(clip, aim)) : null;
}

/** `always`: what a map shows in any case, where the scene is not ours. */
function mapsOf(matters: number[], aspect: number, tracks: readonly Track[] | null, close: boolean, always: SceneAsset["always"]): Record<From, Sight> {
  const near = close && tracks ? boxOf(tracks.flatMap((one) => [...one.point, ...one.place])) : null;
  const high: Vector = [TABLE[1][0], TABLE[1][1], HIGH];
  return {
    above: mapOf(DOWN, aspect, near ?? boxOf(matters, always ?? TABLE, 0)),
    "the side": mapOf([0, 1, 0], aspect, near ?? boxOf(matters, always ?? [TABLE[0], high], 0)),
  };
}

/** The usual place, unless the clips differ clearly more on the screen from another. */
function bestStart(home: Home, aspect: number, held: number[], tracks: readonly Track[] | null): Home {
  if (!tracks) return home;
  const { target, half } = home;
  const usual = apart(tracks, sightOf(home.eye, target, half, aspect, held), aspect);
  if (usual >= PLAIN) return home;
  let best = home;
  let most = Math.max(BETTER * usual, usual + TOLD);
  for (const rise of RISES) {
    for (const turn of TURNS) {
      const eye = around(home, turn, rise);
      const seen = apart(tracks, sightOf(eye, target, half, aspect, held), aspect);
      if (seen > most) [best, most] = [{ eye, target, half }, seen];
    }
  }
  return best;
}

/** The home, moved along so that it looks at the middle of a box, and closely. */
function nearer({ eye, target, half }: Home, corners: number[]): Home {
  const middle = [0, 1, 2].map((k) => (corners[k]! + corners[21 + k]!) / 2) as unknown as Vector; // its opposite corners
  const moved = eye.map((one, k) => one + middle[k]! - target[k]!) as unknown as Vector;
  return { eye: moved, target: middle, half: CLOSER * half };
}

/** The home's eye, moved about the target. */
function around({ eye, target }: Home, turn: number, rise: number): Vector {
  const away = eye.map((one, k) => one - target[k]!);
  const distance = Math.hypot(...away);
  const azimuth = Math.atan2(away[1]!, away[0]!) + turn;
  const height = Math.asin(away[2]! / distance) + rise;
  const level = distance * Math.cos(height);
  return [target[0] + level * Math.cos(azimuth), target[1] + level * Math.sin(azimuth), target[2] + distance * Math.sin(height)];
}

/** By how much the clips differ in a picture, in px of a usual pane, in the direction in which they do in space. */
export function apart(tracks: readonly Track[], sight: Sight, aspect: number): number {
  const [left, right] = tracks.map((track) => seenOf(track, sight, aspect)) as [Seen, Seen];
  return (left.seen - right.seen) * Math.sign(left.true - right.true);
}

function nearlyAlike(tracks: readonly Track[], main: Sight, aspect: number, maps: Record<From, Sight>, second: number): boolean {
  const views: [Sight, number][] = [[main, aspect], [maps.above, second], [maps["the side"], second]];
  return views.every(([sight, shape]) => {
    const [left, right] = tracks.map((track) => seenOf(track, sight, shape)) as [Seen, Seen];
    return Math.max(Math.abs(left.seen - right.seen), Math.abs(left.end - right.end)) < TOLD;
  });
}

interface Seen {
  seen: number; // px, between the point and its place, on average over the clip
  end: number; // px, at its end
  true: number; // m, on average
}

function seenOf(track: Track, sight: Sight, aspect: number): Seen {
  const point = project(sight, aspect, track.point);
  const place = project(sight, aspect, track.place);
  const steps = track.point.length / 3;
  const found: Seen = { seen: 0, end: 0, true: 0 };
  for (let step = 0; step < steps; step++) {
    const x = point[2 * step]! - place[2 * step]!;
    const y = (point[2 * step + 1]! - place[2 * step + 1]!) / aspect;
    found.end = (PANE / 2) * Math.hypot(x, y);
    found.seen += found.end / steps;
    found.true += distanceAt(track, step) / steps;
  }
  return found;
}
