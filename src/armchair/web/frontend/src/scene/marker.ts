/** Marks the point that counts and the place where it should be, and says whether it is there. */

import { type BufferGeometry, type Camera, Group, type Material, Mesh, Vector3 } from "three";
import type { Aim, Spot } from "./cues";
import { DOT, type Marks, POST } from "./marks";

const LEAST_DOT = 3.2; // CSS pixels, its radius
const LEAST_DRAWN = 2.4; // the same in pixels that are drawn, which may be larger
const LEAST_ROD = 0.75; // drawn pixels, half a post's width
const ON_TABLE = 0.0022; // m, where what lies on the table is drawn

export class Marker {
  readonly group = new Group();
  readonly point = new Vector3();
  readonly place = new Vector3();
  private readonly mark = new Group(); // at the point, faces the camera
  private readonly target = new Group(); // at the place
  private readonly foot: Mesh;
  private readonly post: Mesh;
  private readonly line: Mesh;
  private readonly outside: Mesh[];
  private readonly within: Mesh[];

  /** `flat`: the place is a disc on the table, which its circle lies on. */
  constructor(private readonly aim: Aim, marks: Marks, private readonly flat: boolean) {
    this.foot = part(marks.foot, marks.post, 0);
    this.post = part(marks.rod, marks.post, 0);
    this.line = part(marks.rod, marks.point, 11);
    this.line.visible = false;
    this.outside = [part(marks.broken, marks.outside, 10)];
    this.within = [part(marks.fill, marks.tint, 9), part(marks.whole, marks.inside, 10), part(marks.outer, marks.inside, 10)];
    this.target.add(...this.outside, ...this.within);
    this.mark.add(part(marks.cross, marks.white, 12), part(marks.rim, marks.white, 12), part(marks.dot, marks.point, 13));
    this.post.rotation.x = Math.PI / 2; // three's cylinders stand along y
    this.group.add(this.foot, this.post, this.line, this.target, this.mark);
  }

  /** Whether the point is at its place, as near as counts. */
  get inside(): boolean {
    return this.point.distanceTo(this.place) < this.aim.radius;
  }

  /** `rows` holds position and quaternion w, x, y, z of each body, the goal's last. */
  pose(rows: Float32Array): void {
    where(this.aim.point, rows, this.point);
    where(this.aim.place, rows, this.place);
    this.place.z += this.aim.above;
    this.mark.position.copy(this.point);
    this.target.position.copy(this.place);
    if (this.flat) this.target.position.z = ON_TABLE;
    this.foot.position.set(this.point.x, this.point.y, ON_TABLE);
    const height = Math.max(this.point.z, 1e-4);
    this.post.position.set(this.point.x, this.point.y, height / 2);
    this.post.scale.y = height;
    this.aimLine();
    const inside = this.inside;
    for (const mesh of this.outside) mesh.visible = !inside;
    for (const mesh of this.within) mesh.visible = inside;
  }

  private aimLine(): void {
    const way = this.place.clone().sub(this.point);
    const length = Math.max(way.length(), 1e-4);
    this.line.position.copy(this.point).addScaledVector(way, 0.5);
    this.line.quaternion.setFromUnitVectors(new Vector3(0, 1, 0), way.divideScalar(length));
    this.line.scale.y = length;
  }

  /** A line from the point to its place, while nothing moves. */
  connect(on: boolean): void {
    this.line.visible = on;
  }

  /** Turns what is flat towards a camera that shows `metres` to a CSS pixel there, and draws `ratio` pixels to one. */
  face(camera: Camera, metres: number, ratio: number): void {
    this.mark.quaternion.copy(camera.quaternion);
    this.mark.scale.setScalar(Math.max(1, (Math.max(LEAST_DOT, LEAST_DRAWN / ratio) * metres) / DOT));
    if (!this.flat) this.target.quaternion.copy(camera.quaternion);
    const thick = Math.max(1, (LEAST_ROD * metres) / ratio / POST);
    for (const rod of [this.post, this.line]) rod.scale.x = rod.scale.z = thick;
  }
}

function part(geometry: BufferGeometry, material: Material, order: number): Mesh {
  const mesh = new Mesh(geometry, material);
  mesh.renderOrder = order;
  return mesh;
}

const turn = new Vector3();

/** Where a spot is in the world: its offset turned by the body's quaternion, and moved. */
function where({ row, offset }: Spot, rows: Float32Array, out: Vector3): void {
  const at = row * 7;
  const [w, x, y, z] = [rows[at + 3]!, rows[at + 4]!, rows[at + 5]!, rows[at + 6]!];
  out.set(offset[0], offset[1], offset[2]);
  turn.set(x, y, z).cross(out).multiplyScalar(2);
  const twice = new Vector3(x, y, z).cross(turn);
  out.addScaledVector(turn, w).add(twice);
  out.x += rows[at]!;
  out.y += rows[at + 1]!;
  out.z += rows[at + 2]!;
}
