import { PerspectiveCamera, type Mesh } from "three";
import { describe, expect, it } from "vitest";
import type { SceneAsset } from "../src/scene/asset";
import { aimOf, distanceAt, trackOf } from "../src/scene/cues";
import { Marker } from "../src/scene/marker";
import { makeMarks } from "../src/scene/marks";

const HALF = Math.SQRT1_2;
const cue = { point: "tool", place: "goal", radius: 0.025, above: 0 };

function asset(cues: SceneAsset["cues"]): SceneAsset {
  const bodies = ["hand", "block_a", "block_b"].map((name) => ({ name, parts: [] }));
  return { bodies, toolBody: 0, toolOffset: [0, 0, 0.1], cues } as unknown as SceneAsset;
}

/** The hand turned about x, so that its z axis points along -y; two blocks; the goal. */
function moment(goal: [number, number, number], block: [number, number, number] = [0.6, 0, 0.02]): Float32Array {
  return new Float32Array([
    0.5, 0.1, 0.3, HALF, HALF, 0, 0, ...block, 1, 0, 0, 0, 0.6, 0.2, 0.02, 1, 0, 0, 0, ...goal, 1, 0, 0, 0]);
}

const shown = (marker: Marker): [boolean, boolean] => {
  const [target] = marker.group.children.filter((one) => one.children.length === 4);
  const [broken, ...within] = target!.children;
  return [broken!.visible, within.every((one) => one.visible)];
};

describe("cues", () => {
  it("finds points by their names", () => {
    const aim = aimOf(asset([{ point: "block_a", place: "block_b", radius: 0.02, above: 0.04 }]))!;
    expect([aim.point.row, aim.place.row]).toEqual([1, 2]);
    const track = trackOf({ steps: 1, bodies: 4, data: moment([0, 0, 0]) }, aim);
    expect(track.place[2]).toBeCloseTo(0.06, 6);
    expect(distanceAt(track, 0)).toBeCloseTo(Math.hypot(0.2, 0.04), 6);
  });

  it("is of nothing in a scene without cues, or with one that names what is not there", () => {
    expect(aimOf(asset([]))).toBeNull();
    expect(aimOf(asset([{ ...cue, place: "block_c" }]))).toBeNull();
  });
});

describe("marker", () => {
  const marks = makeMarks(0.025);

  it("is where the poses have the point, and the place", () => {
    const marker = new Marker(aimOf(asset([cue]))!, marks, false);
    marker.pose(moment([0.6, -0.2, 0.4]));
    [0.5, 0, 0.3].forEach((one, k) => expect(marker.point.getComponent(k)).toBeCloseTo(one, 6));
    [0.6, -0.2, 0.4].forEach((one, k) => expect(marker.place.getComponent(k)).toBeCloseTo(one, 6));
  });

  it("closes its circle while the point is inside, and only then", () => {
    const marker = new Marker(aimOf(asset([cue]))!, marks, false);
    marker.pose(moment([0.5, 0.026, 0.3]));
    expect([marker.inside, ...shown(marker)]).toEqual([false, true, false]);
    marker.pose(moment([0.5, 0.024, 0.3]));
    expect([marker.inside, ...shown(marker)]).toEqual([true, false, true]);
  });

  it("draws a line from the point to its place when told to", () => {
    const marker = new Marker(aimOf(asset([cue]))!, marks, false);
    const lines = (): Mesh[] => marker.group.children.filter((one) => one.scale.y > 0.19 && one.scale.y < 0.21) as Mesh[];
    marker.pose(moment([0.5, -0.2, 0.3]));
    expect(lines().map((one) => one.visible)).toEqual([false]);
    marker.connect(true);
    expect(lines().map((one) => one.visible)).toEqual([true]);
    expect(lines()[0]!.position.y).toBeCloseTo(-0.1, 6);
  });

  it("keeps its size on a small screen, and a disc's circle on the table", () => {
    const camera = new PerspectiveCamera();
    camera.rotation.set(0.3, 0.2, 0.1);
    const [ball, disc] = [false, true].map((flat) => new Marker(aimOf(asset([cue]))!, marks, flat)) as [Marker, Marker];
    for (const marker of [ball, disc]) {
      marker.pose(moment([0.6, 0, 0.02]));
      marker.face(camera, 0.01, 1);
    }
    const target = (marker: Marker) => marker.group.children.find((one) => one.children.length === 4)!;
    const dot = (marker: Marker) => marker.group.children.find((one) => one.children.length === 3)!;
    const fine = dot(ball).scale.x;
    expect(fine).toBeGreaterThan(3);
    ball.face(camera, 0.01, 0.4); // drawn coarsely
    expect(dot(ball).scale.x).toBeGreaterThan(1.5 * fine);
    expect(target(ball).quaternion.equals(camera.quaternion)).toBe(true);
    expect([target(disc).quaternion.w, target(disc).position.z < 0.005]).toEqual([1, true]);
  });
});
