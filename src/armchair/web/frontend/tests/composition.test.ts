import { describe, expect, it } from "vitest";
import { apart, compose } from "../src/player/composition";
import { homeOf } from "../src/player/framing";
import { cornerOf, hiddenIn, placesOf } from "../src/player/layout";
import type { Poses } from "../src/player/poses";
import { DOWN, mapOf, project, sightOf } from "../src/player/sight";
import type { SceneAsset } from "../src/scene/asset";
import { aimOf, trackOf } from "../src/scene/cues";

const home = homeOf({ eye: [1.5, -0.86, 0.85], target: [0.4, 0, 0.29] });
const pane = { width: 699, height: 615 };
const cues = [{ point: "tool", place: "goal", radius: 0.025, above: 0 }];
const scene = { bodies: [{ name: "hand", parts: [] }], toolBody: 0, toolOffset: [0, 0, 0], cues } as unknown as SceneAsset;

/** A tool that stands still beside its goal. */
function clip(offset: [number, number, number]): Poses {
  const goal = [0.55, 0, 0.2] as const;
  const row = [...goal.map((one, k) => one + offset[k]!), 1, 0, 0, 0, ...goal, 1, 0, 0, 0];
  return { steps: 2, bodies: 2, data: new Float32Array([...row, ...row]) };
}

const from = (left: [number, number, number], right: [number, number, number]) =>
  compose([clip(left), clip(right)], scene, home, pane, false, "bottom-right");

describe("a pair's views", () => {
  it("are those that tell the clips apart", () => {
    expect(from([0.2, 0.1, 0], [0.02, 0.01, 0]).from).toBe("above");
    expect(from([0, 0, 0.2], [0, 0, 0.02]).from).toBe("the side");
  });

  it("begin where the difference is seen: it lies along the usual line of sight", () => {
    const way = home.eye.map((one, k) => (one - home.target[k]!) * 0.08) as [number, number, number];
    const found = from(way, [0, 0, 0]);
    expect(found.main.eye).not.toEqual(home.eye);
    expect(found.main.eye[2]).toBeGreaterThan(0.5); // from above the table
    const tracks = [clip(way), clip([0, 0, 0])].map((one) => trackOf(one, aimOf(scene)!));
    const seen = (eye: typeof home.eye) => apart(tracks, sightOf(eye, home.target, home.half, 1.1, []), 1.1);
    expect(seen(found.main.eye)).toBeGreaterThan(2 * seen(home.eye));
  });

  it("stay at the usual place where that tells enough, and in a scene without cues", () => {
    expect(from([0, 0.2, 0], [0, 0, 0]).main.eye).toEqual(home.eye);
    const old = compose([clip([0.1, -0.1, 0]), clip([0, 0, 0])], { ...scene, cues: [] }, home, pane, false, "bottom-right");
    expect([old.main.eye, old.from, old.alike]).toEqual([home.eye, "above", false]);
  });

  it("come close where the clips hardly differ", () => {
    const near = from([0.05, 0, 0], [0.052, 0, 0]);
    expect([near.alike, from([0.05, 0, 0], [0.08, 0, 0]).alike]).toEqual([true, false]);
    expect(near.main.half).toBeLessThan(0.5 * home.half);
    const sight = sightOf(near.main.eye, near.main.target, near.main.half, 699 / 615, near.held);
    expect(Math.max(...project(sight, 699 / 615, near.held).map(Math.abs))).toBeLessThan(0.95);
  });

  it("change places without a change of what they show", () => {
    const [one, other] = [false, true].map((swapped) =>
      compose([clip([0.2, 0.1, 0]), clip([0, 0, 0.1])], scene, home, pane, swapped, "bottom-right")) as [ReturnType<typeof from>, ReturnType<typeof from>];
    expect(other.from).toBe(one.from);
    expect(other.second.forward).toEqual(one.second.forward);
  });
});

describe("the small view", () => {
  it("takes a third of a pane's width, or what is below in a narrow one", () => {
    const { large, small } = placesOf(700, 600, "bottom-right");
    expect([large.width, small.width / 700]).toEqual([700, 0.36]);
    expect(small.x + small.width).toBeLessThan(700);
    const tall = placesOf(194, 460, "below");
    expect([tall.small.width, tall.large.height + tall.small.height]).toEqual([194, 460]);
    expect(cornerOf(194, 460, [], "bottom-left")).toBe("below");
  });

  it("goes to a corner where nothing is, and stays where it was if it may", () => {
    const low = [0.8, -0.8];
    expect(hiddenIn(700, 600, "bottom-right", low)).toBe(1);
    expect(cornerOf(700, 600, low, "bottom-right")).toBe("bottom-left");
    expect(cornerOf(700, 600, [0, 0.9], "bottom-left")).toBe("bottom-left");
    expect(cornerOf(700, 600, [0.8, -0.8, -0.8, -0.8], "bottom-right")).toBe("top-right");
  });

  it("has from above -x upwards and all points in the picture", () => {
    const points = [0.3, -0.3, 0, 0.8, 0.3, 0.4, 0.5, 0, 0.9];
    const seen = project(mapOf(DOWN, 1.2, points), 1.2, points);
    expect(Math.max(...seen.map(Math.abs))).toBeLessThanOrEqual(0.93);
    expect([seen[1]! > seen[3]!, seen[0]! < seen[2]!]).toEqual([true, true]);
  });
});
