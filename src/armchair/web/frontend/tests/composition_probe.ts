/** For tests/web and tests/feedback/test_composition.py: how clips that a simulator made are shown. JSON from stdin to stdout. */

// @ts-expect-error the page's own types know nothing of Node.js
import { readFileSync } from "node:fs";
import { compose, type Composition } from "../src/player/composition";
import { homeOf } from "../src/player/framing";
import { hiddenIn, type Rect } from "../src/player/layout";
import { decodePoses, pathOf, type Poses } from "../src/player/poses";
import { project, reachOf, sightOf } from "../src/player/sight";
import { aimOf, trackOf } from "../src/scene/cues";
import { parseScene, type SceneAsset } from "../src/scene/asset";

interface Given {
  tasks: { scene: string; bodies: number; pairs: { steps: number; poses: [string, string] }[] }[];
  panes: [number, number][];
}

const bytes = (base64: string): ArrayBuffer => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;

/** Tool, hand, fingers, blocks and goals of both clips. xyz after xyz */
function thingsOf(clips: Poses[], asset: SceneAsset): number[] {
  const rows = asset.bodies.map((_, row) => row).slice(asset.toolBody); // hand, fingers, blocks
  const paths = clips.flatMap((clip) => [
    pathOf(clip, asset.toolBody, asset.toolOffset),
    ...[...rows, asset.bodies.length].map((row) => pathOf(clip, row, [0, 0, 0])),
  ]);
  return paths.flatMap((path) => [...path]);
}

function shown(found: Composition, swapped: boolean, pane: { width: number; height: number }, points: number[]): object {
  const shape = ({ width, height }: Rect): number => width / height;
  const { large, small } = found.places;
  const [mine, other] = swapped ? [small, large] : [large, small];
  const { eye, target, half } = found.main;
  const main = sightOf(eye, target, half, shape(mine), found.held);
  const big = project(swapped ? found.second : main, shape(large), points);
  return {
    corner: found.corner,
    main: reachOf(main, shape(mine), points),
    second: reachOf(found.second, shape(other), points),
    hidden: hiddenIn(pane.width, pane.height, found.corner, big),
    from: found.from,
    turned: Math.hypot(eye[0] - home.eye[0], eye[1] - home.eye[1]) > 0.05,
    wider: half / home.half,
    alike: found.alike,
    cameras: [main, found.second].map((one) => [...one.eye, ...one.forward, one.half]),
  };
}

const given = JSON.parse(readFileSync(0, "utf8")) as Given;
let home = { eye: [0, 0, 0], target: [0, 0, 0], half: 1 } as ReturnType<typeof homeOf>;
const rows: object[] = [];
for (const task of given.tasks) {
  const asset = parseScene(bytes(task.scene));
  home = homeOf(asset.camera);
  for (const [number, { steps, poses }] of task.pairs.entries()) {
    const clips = poses.map((one) => decodePoses(bytes(one), steps, task.bodies));
    const aim = aimOf(asset);
    const tracks = aim ? clips.map((clip) => trackOf(clip, aim)) : [];
    for (const [width, height] of given.panes) {
      for (const swapped of [false, true]) {
        const pane = { width, height };
        const found = compose(clips, asset, home, pane, swapped, "bottom-right");
        const points = found.alike ? tracks.flatMap((one) => [...one.point, ...one.place]) : thingsOf(clips, asset);
        rows.push({ number, width, swapped, ...shown(found, swapped, pane, points) });
      }
    }
  }
}
console.log(JSON.stringify(rows));
