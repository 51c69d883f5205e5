import { describe, expect, it } from "vitest";
import { coarsen, type Surface } from "../src/scene/coarse";

type Point = [number, number, number];

/** A surface over a grid of `steps` x `steps` quads, 0 to 1 both ways. */
function grid(steps: number, at: (u: number, v: number) => { point: Point; normal: Point }): Surface {
  const corners = Array.from({ length: (steps + 1) ** 2 }, (_, k) =>
    at((k % (steps + 1)) / steps, Math.floor(k / (steps + 1)) / steps));
  const indices = Array.from({ length: steps * steps }, (_, k) => {
    const a = Math.floor(k / steps) * (steps + 1) + (k % steps);
    return [a, a + 1, a + steps + 2, a, a + steps + 2, a + steps + 1];
  });
  return {
    positions: Float32Array.from(corners.flatMap(({ point }) => point)),
    normals: Int8Array.from(corners.flatMap(({ normal }) => [...normal.map((part) => Math.round(127 * part)), 0])),
    indices: Uint16Array.from(indices.flat()),
  };
}

function ball(radius: number, steps: number): Surface {
  return grid(steps, (u, v) => {
    const [around, up] = [2 * Math.PI * u, Math.PI * (v - 0.5)];
    const normal: Point = [Math.cos(up) * Math.cos(around), Math.cos(up) * Math.sin(around), Math.sin(up)];
    return { point: normal.map((part) => radius * part) as Point, normal };
  });
}

const flat = (z: number, facing: 1 | -1): Surface =>
  grid(60, (u, v) => ({ point: [facing > 0 ? u : 1 - u, v, z], normal: [0, 0, facing] }));

function corners({ positions, indices }: Surface): Point[][] {
  const point = (i: number): Point => [positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!];
  return Array.from({ length: indices.length / 3 }, (_, t) => [0, 1, 2].map((k) => point(indices[3 * t + k]!)));
}

const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = ([a, b, c]: Point, [d, e, f]: Point): Point => [b * f - c * e, c * d - a * f, a * e - b * d];

/** Six times the volume that a closed surface holds. */
function volume(surface: Surface): number {
  return corners(surface).reduce((sum, [a, b, c]) => {
    const way = cross(b!, c!);
    return sum + a![0] * way[0] + a![1] * way[1] + a![2] * way[2];
  }, 0);
}

function area(surface: Surface): number {
  return corners(surface).reduce((sum, [a, b, c]) => sum + Math.hypot(...cross(minus(b!, a!), minus(c!, a!))) / 2, 0);
}

describe("coarsen", () => {
  it("keeps a ball a ball with far fewer triangles", () => {
    const fine = ball(0.1, 64);
    const coarse = coarsen(fine, 0.02);
    expect(coarse.indices.length).toBeLessThan(fine.indices.length / 4);
    expect(volume(coarse) / volume(fine)).toBeGreaterThan(0.9);
    expect(volume(coarse) / volume(fine)).toBeLessThan(1.02);
    for (let v = 0; v < coarse.positions.length / 3; v++) {
      const point = [...coarse.positions.slice(3 * v, 3 * v + 3)];
      const normal = [...coarse.normals.slice(4 * v, 4 * v + 3)];
      expect(Math.hypot(...point)).toBeGreaterThan(0.09);
      const along = point.reduce((sum, part, k) => sum + part * normal[k]!, 0);
      expect(along / Math.hypot(...point) / Math.hypot(...normal)).toBeGreaterThan(0.85); // still outwards
    }
  });

  it("keeps the two sides of something thin apart", () => {
    const [top, bottom] = [flat(0.001, 1), flat(-0.001, -1)];
    const shift = top.positions.length / 3;
    const both: Surface = {
      positions: Float32Array.from([...top.positions, ...bottom.positions]),
      normals: Int8Array.from([...top.normals, ...bottom.normals]),
      indices: Uint16Array.from([...top.indices, ...bottom.indices.map((one) => one + shift)]),
    };
    const coarse = coarsen(both, 0.1);
    expect(new Set([...coarse.positions].filter((_, i) => i % 3 === 2).map((z) => z.toFixed(3)))).toEqual(new Set(["0.001", "-0.001"]));
    expect(area(coarse) / area(both)).toBeGreaterThan(0.8);
  });

  it("divides small things more finely than it was told", () => {
    const small = coarsen(ball(0.005, 40), 0.02);
    expect(volume(small) / volume(ball(0.005, 40))).toBeGreaterThan(0.85);
  });

  it("leaves no triangle without an area and none twice", () => {
    const named = corners(coarsen(ball(0.1, 48), 0.03)).map((triangle) => triangle.map((one) => one.join()));
    expect(named.every((names) => new Set(names).size === 3)).toBe(true);
    const turned = named.map(([a, b, c]) => [[a, b, c], [b, c, a], [c, a, b]].map((one) => one.join(" ")).sort()[0]);
    expect(new Set(turned).size).toBe(turned.length);
  });
});
