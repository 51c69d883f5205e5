/** The shapes of what marks the point that counts and the place where it should be. */

import {
  BufferGeometry, CircleGeometry, CylinderGeometry, Float32BufferAttribute, type Material, MeshBasicMaterial, RingGeometry,
} from "three";

export const DOT = 0.0075; // m, radius of the point's dot
const RIM = 1.45; // times that, its white rim
const FOOT = 0.014; // m, radius of the ring below it on the table
export const POST = 0.0016; // m, radius of its post
const ARCS = 8; // the place's circle is broken into so many while the point is outside
const ROUND = 64; // corners of a circle
const POINT_COLOUR = 0x1a56db;
const OUT_COLOUR = 0xd61f2c;
const IN_COLOUR = 0x00875a;

export interface Marks {
  radius: number; // m, that counts
  dot: BufferGeometry;
  rim: BufferGeometry;
  cross: BufferGeometry;
  foot: BufferGeometry;
  rod: BufferGeometry; // of length 1 along y, from the middle
  broken: BufferGeometry; // the place's circle while the point is outside
  whole: BufferGeometry; // and while it is inside
  outer: BufferGeometry; // a second one around that
  fill: BufferGeometry;
  point: Material;
  post: Material;
  white: Material;
  outside: Material;
  inside: Material;
  tint: Material;
  dispose(): void;
}

export function makeMarks(radius: number): Marks {
  const wide = Math.max(0.0036, 0.1 * radius);
  const flat = { depthTest: false, depthWrite: false, transparent: true }; // seen through everything
  const shapes = {
    dot: new CircleGeometry(DOT, 24),
    rim: new CircleGeometry(RIM * DOT, 24),
    cross: crossOf(RIM * DOT, 2.6 * DOT, 0.3 * DOT),
    foot: new RingGeometry(FOOT - 0.003, FOOT, 32),
    rod: new CylinderGeometry(POST, POST, 1, 6),
    broken: brokenRing(radius, wide),
    whole: new RingGeometry(radius - wide / 2, radius + wide / 2, ROUND),
    outer: new RingGeometry(radius + 1.4 * wide, radius + 2.4 * wide, ROUND),
    fill: new CircleGeometry(radius, ROUND / 2),
  };
  const paints = {
    point: new MeshBasicMaterial({ ...flat, color: POINT_COLOUR }),
    post: new MeshBasicMaterial({ color: POINT_COLOUR }),
    white: new MeshBasicMaterial({ ...flat, color: 0xffffff }),
    outside: new MeshBasicMaterial({ ...flat, color: OUT_COLOUR }),
    inside: new MeshBasicMaterial({ ...flat, color: IN_COLOUR }),
    tint: new MeshBasicMaterial({ ...flat, color: IN_COLOUR, opacity: 0.4 }),
  };
  return {
    radius,
    ...shapes,
    ...paints,
    dispose(): void {
      for (const shape of Object.values(shapes)) shape.dispose();
      for (const paint of Object.values(paints)) paint.dispose();
    },
  };
}

function brokenRing(radius: number, wide: number): BufferGeometry {
  const ring = new RingGeometry(radius - wide / 2, radius + wide / 2, ROUND);
  const kept = [...ring.index!.array].filter((_, at) => (Math.floor(at / 6) * ARCS * 2) / ROUND % 2 < 1);
  ring.setIndex(kept);
  return ring;
}

/** Four strokes that point at the middle, from `from` to `to`. */
function crossOf(from: number, to: number, half: number): BufferGeometry {
  const corners: number[] = [];
  for (const [x, y] of [[1, 0], [0, 1], [-1, 0], [0, -1]] as const) {
    const at = (along: number, aside: number): void => { corners.push(along * x - aside * y, along * y + aside * x, 0); };
    at(from, -half); at(to, -half); at(to, half);
    at(from, -half); at(to, half); at(from, half);
  }
  return new BufferGeometry().setAttribute("position", new Float32BufferAttribute(corners, 3));
}
