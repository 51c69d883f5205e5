/** Scenes of environments of others, which are as large as they like and anywhere. */

import { Group, Mesh, MeshBasicMaterial } from "three";
import { describe, expect, it } from "vitest";
import { framed } from "../src/player/poses";
import { workspaceOf } from "../src/player/workspace";
import { BadScene, parseScene, type SceneAsset } from "../src/scene/asset";
import type { Models } from "../src/scene/models";
import { Tendons } from "../src/scene/tendons";

const material = { rgba: [1, 0, 0, 1], roughness: 0.5, shininess: 0.5 };
const frame = { scale: 0.5, shift: [1, 0, -1] };

/** A triangle as a body and as surroundings, ten metres away. */
function scene(change: (header: any) => void = () => undefined): ArrayBuffer {
  const part = { positions: [0, 3], normals: [36, 3], indices: [48, 3, 2], material };
  const header = {
    version: 1,
    bodies: [{ name: "arm", parts: [part] }, { name: "site:grip", parts: [] }],
    goal: { marker: "none", parts: [], ground: [], line_radius: 0, line: material },
    surroundings: { parts: [part] },
    tool_body: 0,
    tool_offset: [0, 0, 0.4],
    camera: { eye: [10, 0, 4], target: [10, 2, 4] },
    frame,
    always: [[9, -1, 3], [11, 1, 5]],
    matters: [0, 2],
    tendons: [{ rows: [0, 1], radius: 0.02, material }],
  };
  change(header);
  let text = JSON.stringify(header);
  while ((4 + text.length) % 4) text += " ";
  const bytes = new ArrayBuffer(4 + text.length + 56);
  new DataView(bytes).setUint32(0, text.length, true);
  new Uint8Array(bytes).set(new TextEncoder().encode(text), 4);
  new Float32Array(bytes, 4 + text.length, 9).set([0, 0, 0, 1, 0, 0, 0, 1, 0]);
  new Uint16Array(bytes, 4 + text.length + 48, 3).set([0, 1, 2]);
  return bytes;
}

describe("a scene of others", () => {
  it("comes into the page's world: bodies are scaled, what stands in the world is moved as well", () => {
    const read = parseScene(scene());
    expect([...read.bodies[0]!.parts[0]!.positions.slice(3, 6)]).toEqual([0.5, 0, 0]);
    expect([...read.surroundings[0]!.positions.slice(3, 6)]).toEqual([1.5, 0, -1]);
    expect(read.camera).toEqual({ eye: [6, 0, 1], target: [6, 1, 1] });
    expect(read.always).toEqual([[5.5, -0.5, 0.5], [6.5, 0.5, 1.5]]);
    expect(read.toolOffset).toEqual([0, 0, 0.2]);
    expect(read.tendons).toEqual([{ rows: [0, 1], radius: 0.01, material }]);
  });

  it("is told from ours, whose poses stay the same bytes", () => {
    const ours = parseScene(scene((h) => { for (const key of ["frame", "always", "matters", "tendons"]) delete h[key]; }));
    expect([ours.frame, ours.always, ours.matters, ours.tendons]).toEqual([null, null, null, []]);
    const poses = { steps: 1, bodies: 1, data: new Float32Array([1, 2, 3, 1, 0, 0, 0]) };
    expect(framed(poses, ours.frame)).toBe(poses);
  });

  it("has poses whose places are moved and whose turns are not, and the given ones stay", () => {
    const poses = { steps: 1, bodies: 1, data: new Float32Array([10, 2, 4, 0.6, 0.8, 0, 0]) };
    const found = framed(poses, parseScene(scene()).frame);
    expect([...found.data]).toEqual([...new Float32Array([6, 1, 1, 0.6, 0.8, 0, 0])]);
    expect(poses.data[0]).toBe(10);
  });

  it("is seen as far as what matters goes, but not to the end of the world", () => {
    const asset = parseScene(scene());
    const row = (x: number): number[] => [x, 0, 1, 1, 0, 0, 0];
    const far = (arm: number, other: number): number => {
      const data = new Float32Array([...row(arm), ...row(other), ...row(6)]);
      return Math.max(...workspaceOf([{ steps: 1, bodies: 3, data }], asset).filter((_, at) => at % 3 === 0));
    };
    expect(far(6, 6)).toBe(6.5);
    expect(far(6, 9)).toBe(6.5); // it does not matter
    expect(far(7, 6)).toBeCloseTo(7.03);
    expect(far(99, 6)).toBeCloseTo(8.03);
  });

  it.each<[string, (header: any) => void, string]>([
    ["no size", (h) => { h.frame = { scale: 0, shift: [0, 0, 0] }; }, "above 0"],
    ["a row that is not there", (h) => { h.matters = [3]; }, "no row 3"],
    ["a tendon to nowhere", (h) => { h.tendons[0].rows = [0, 1.5]; }, "no row 1.5"],
  ])("is refused with %s", (_, change, word) => {
    expect(() => parseScene(scene(change))).toThrow(BadScene);
    expect(() => parseScene(scene(change))).toThrow(word);
  });

  it("has tendons from body to body", () => {
    const asset = parseScene(scene()) as SceneAsset;
    const tendons = new Tendons(asset, { tendons: [new MeshBasicMaterial()] } as unknown as Models);
    tendons.pose(new Float32Array([0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]));
    const [line] = (tendons.group as Group).children as Mesh[];
    expect(line!.position.toArray()).toEqual([0, 0, 1]);
    expect(line!.scale.y).toBe(2);
  });
});
