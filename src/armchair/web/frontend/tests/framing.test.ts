import { describe, expect, it } from "vitest";
import { framing, type Vector } from "../src/player/framing";
import { workspaceOf } from "../src/player/workspace";

const eye: Vector = [1.5, -0.86, 0.85];
const target: Vector = [0.4, 0, 0.29];
const usual = Math.tan((37 / 2) * (Math.PI / 180));

/** How far from the middle the outermost point is drawn, in half widths and half heights of the picture. */
function reach(from: Vector, half: number, aspect: number, points: number[]): [number, number] {
  const away = [0, 1, 2].map((k) => target[k]! - eye[k]!);
  const size = Math.hypot(...away);
  const f = away.map((one) => one / size);
  const level = Math.hypot(f[0]!, f[1]!);
  const r = [f[1]! / level, -f[0]! / level, 0];
  const u = [r[1]! * f[2]!, -r[0]! * f[2]!, r[0]! * f[1]! - r[1]! * f[0]!];
  let [x, y] = [0, 0];
  for (let k = 0; k < points.length; k += 3) {
    const p = [0, 1, 2].map((n) => points[k + n]! - from[n]!);
    const on = (axis: number[]): number => p[0]! * axis[0]! + p[1]! * axis[1]! + p[2]! * axis[2]!;
    x = Math.max(x, Math.abs(on(r) / on(f)) / (half * aspect));
    y = Math.max(y, Math.abs(on(u) / on(f)) / half);
  }
  return [x, y];
}

const asset = { bodies: [{}, {}, {}, {}], toolBody: 0, toolOffset: [0, 0, 0] } as never; // hand, fingers, block

describe("framing", () => {
  it.each([0.4, 0.55, 0.9, 1.25, 2.5])("has the whole workspace in a picture of aspect %s", (aspect) => {
    const points = workspaceOf([], asset);
    const found = framing(eye, target, usual, aspect, points);
    const [x, y] = reach(found.eye, found.half, aspect, points);
    expect(x).toBeLessThan(0.97);
    expect(y).toBeLessThan(0.97);
    expect(Math.max(x, y)).toBeGreaterThan(0.6); // and not from far away
  });

  it("stays where it is when all is seen already", () => {
    expect(framing(eye, target, usual, 1.5, [0.4, 0, 0.3])).toEqual({ eye, half: usual });
  });

  it("sees wider for a tool that goes astray, but not for what fell from the table", () => {
    const place = (y: number, z: number): number[] => [0.6, y, z, 1, 0, 0, 0];
    const width = (y: number, z: number, block = place(0, 0)): number => {
      const hand = [...place(y, z), ...place(y, z), ...place(y, z)];
      const data = new Float32Array([...hand, ...block, ...place(0, 0.2)]);
      return framing(eye, target, usual, 0.5, workspaceOf([{ steps: 1, bodies: 5, data }], asset)).half;
    };
    expect(width(0.45, 0.3)).toBeGreaterThan(1.1 * width(0, 0.3));
    expect(width(0, 0.98)).toBeGreaterThan(width(0, 0.8)); // a gripper that is held up high
    expect(width(0, 0.3, place(9, -50))).toBe(width(0, 0.3, place(0.6, 0)));
  });
});
