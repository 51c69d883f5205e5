/** Meshes of fewer triangles, for a processor that has to draw them by itself. */

import type { Mesh } from "./asset";

export type Surface = Omit<Mesh, "material">;

const ACROSS = 10; // cells that a small thing is divided into at least
const REACH = 512; // cells from the middle, at most

/**
 * The surface with all vertices of a cell of space drawn together into one (vertex clustering, Rossignac and
 * Borrel 1993). The two sides of something thin stay apart, and so do normals that point elsewhere, so that
 * edges stay edges. `cell` is in m.
 */
export function coarsen({ positions, normals, indices }: Surface, cell: number): Surface {
  const width = Math.min(cell, extent(positions) / ACROSS);
  const cells = new Groups();
  const corners = new Groups(); // of a cell, by where they face
  const cellOf: number[] = []; // by corner
  const cornerOf = new Uint32Array(positions.length / 3);
  for (let v = 0; v < cornerOf.length; v++) {
    const key = packed(positions, 3 * v, width, 2 * REACH);
    const front = cells.number(2 * key, normals, 4 * v);
    const at = cells.along(front, normals, 4 * v) >= 0 ? front : cells.number(2 * key + 1, normals, 4 * v);
    const corner = corners.number(at * 27 + packed(normals, 4 * v, 90, 3), normals, 4 * v);
    cells.add(at, positions, 3 * v);
    corners.add(corner, normals, 4 * v);
    cellOf[corner] = at;
    cornerOf[v] = corner;
  }
  return {
    positions: Float32Array.from(cellOf.flatMap((at) => cells.mean(at))),
    normals: Int8Array.from(cellOf.flatMap((_, corner) => [...unit(corners.mean(corner)), 0])),
    indices: kept(indices, cornerOf, cellOf),
  };
}

/** Three numbers in units of `width`, rounded, as one; there are `count` values of each, 0 in the middle. */
function packed(vectors: ArrayLike<number>, at: number, width: number, count: number): number {
  let key = 0;
  for (let k = 0; k < 3; k++) key = key * count + Math.round(vectors[at + k]! / width) + (count >> 1);
  return key;
}

/** The triangles that still have three corners, each once. */
function kept(indices: Surface["indices"], cornerOf: Uint32Array, cellOf: number[]): Uint32Array {
  const seen = new Set<number>();
  const found: number[] = [];
  const count = cellOf.length;
  for (let i = 0; i < indices.length; i += 3) {
    const corners = [0, 1, 2].map((k) => cornerOf[indices[i + k]!]!);
    const [a, b, c] = corners.map((corner) => cellOf[corner]!) as [number, number, number];
    const first = Math.min(a, b, c); // the same triangle may begin at any of its corners, but keeps its turn
    const [second, third] = first === a ? [b, c] : first === b ? [c, a] : [a, b];
    const key = (first * count + second) * count + third;
    if (a === b || b === c || c === a || seen.has(key)) continue;
    seen.add(key);
    found.push(...corners);
  }
  return Uint32Array.from(found);
}

/** The longest side of the box around points. */
function extent(positions: Float32Array): number {
  let longest = 0;
  for (let k = 0; k < 3; k++) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = k; i < positions.length; i += 3) {
      low = Math.min(low, positions[i]!);
      high = Math.max(high, positions[i]!);
    }
    longest = Math.max(longest, high - low);
  }
  return longest;
}

function unit(way: number[]): number[] {
  const length = Math.hypot(...way) || 1;
  return way.map((part) => Math.round((127 * part) / length));
}

/** Vectors gathered under numbers, which are given in the order of their keys' first mention. */
class Groups {
  private readonly numbers = new Map<number, number>();
  private readonly sums: [number, number, number, number][] = [];
  private readonly ways: [number, number, number][] = [];

  /** The number of a group, which is a new one where the key is. It keeps the normal of who began it. */
  number(key: number, normals: ArrayLike<number>, at: number): number {
    let known = this.numbers.get(key);
    if (known === undefined) {
      this.numbers.set(key, (known = this.sums.length));
      this.sums.push([0, 0, 0, 0]);
      this.ways.push([normals[at]!, normals[at + 1]!, normals[at + 2]!]);
    }
    return known;
  }

  /** How far a normal points the way that a group does. */
  along(number: number, normals: ArrayLike<number>, at: number): number {
    const [x, y, z] = this.ways[number]!;
    return x * normals[at]! + y * normals[at + 1]! + z * normals[at + 2]!;
  }

  add(number: number, vectors: ArrayLike<number>, at: number): void {
    const sum = this.sums[number]!;
    for (let k = 0; k < 3; k++) sum[k]! += vectors[at + k]!;
    sum[3] += 1;
  }

  mean(number: number): number[] {
    const [x, y, z, count] = this.sums[number]!;
    return [x / count, y / count, z / count];
  }
}
