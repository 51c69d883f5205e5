/** The way the tool has come: beads, one a half step, that shrink with age; their spacing shows the speed.

A ring marks where it began, and cones point the way it went.
*/

import {
  ConeGeometry, InstancedMesh, Matrix4, Mesh, MeshBasicMaterial, Quaternion, SphereGeometry, TorusGeometry, Vector3,
} from "three";

const LIMIT = 240; // beads
const RADIUS = 0.0055; // m
const FADE = 24; // steps after which a bead is at its smallest
const ARROWS = 40;
const APART = 0.05; // m of the way between two arrows
const ARROW = { radius: 0.009, length: 0.024 }; // m
const RING = { radius: 0.016, tube: 0.0028 }; // m
const UP = new Vector3(0, 1, 0); // three's cones point along y

/** Where arrows stand on a way (L * 3): the steps at which another stretch of it has been gone. */
export function arrowsOf(path: Float32Array): number[] {
  const steps: number[] = [];
  let gone = 0;
  for (let step = 1; step < path.length / 3 && steps.length < ARROWS; step++) {
    gone += Math.hypot(...[0, 1, 2].map((k) => path[step * 3 + k]! - path[step * 3 - 3 + k]!));
    if (gone < APART) continue;
    steps.push(step);
    gone = 0;
  }
  return steps;
}

export class Trail {
  /** All of it: the ring and the arrows hang on the beads. */
  readonly mesh: InstancedMesh;
  private readonly ring: Mesh;
  private readonly arrows: InstancedMesh;
  private at: number[] = []; // steps of the arrows
  private path: Float32Array = new Float32Array(0);
  private readonly matrix = new Matrix4();

  constructor() {
    const material = new MeshBasicMaterial({ color: 0x2f7de1, transparent: true, opacity: 0.85 });
    this.mesh = new InstancedMesh(new SphereGeometry(RADIUS, 8, 6), material, LIMIT);
    this.arrows = new InstancedMesh(new ConeGeometry(ARROW.radius, ARROW.length, 10), material, ARROWS);
    this.ring = new Mesh(new TorusGeometry(RING.radius, RING.tube, 8, 24), material);
    for (const part of [this.mesh, this.arrows, this.ring]) part.frustumCulled = false;
    this.mesh.add(this.arrows, this.ring);
    this.mesh.count = this.arrows.count = 0;
    this.ring.visible = false;
  }

  /** Positions of the tool at every step, L * 3. */
  follow(path: Float32Array): void {
    this.path = path;
    this.ring.visible = path.length >= 3;
    this.ring.position.fromArray(path.length ? path : [0, 0, 0]);
    this.at = arrowsOf(path);
    const turn = new Quaternion();
    this.at.forEach((step, k) => {
      const place = new Vector3().fromArray(path, step * 3);
      const way = place.clone().sub(new Vector3().fromArray(path, step * 3 - 3)).normalize();
      this.matrix.makeRotationFromQuaternion(turn.setFromUnitVectors(UP, way)).setPosition(place);
      this.arrows.setMatrixAt(k, this.matrix);
    });
    this.arrows.instanceMatrix.needsUpdate = true;
  }

  /** Shows the way up to a moment. */
  show(step: number): void {
    const steps = this.path.length / 3;
    const beads = Math.min(LIMIT, Math.max(0, Math.floor(2 * Math.min(step, steps - 1)) + 1));
    const first = Math.max(0, Math.floor(2 * step) + 1 - LIMIT);
    for (let bead = 0; bead < beads; bead++) this.put(bead, (first + bead) / 2, step);
    this.mesh.count = steps ? beads : 0;
    this.mesh.instanceMatrix.needsUpdate = true;
    this.arrows.count = this.at.filter((at) => at <= step).length;
  }

  private put(bead: number, moment: number, now: number): void {
    const before = Math.floor(moment);
    const after = Math.min(before + 1, this.path.length / 3 - 1);
    const share = moment - before;
    const size = Math.max(0.25, 1 - (now - moment) / FADE);
    const at = (k: number): number => this.path[before * 3 + k]! * (1 - share) + this.path[after * 3 + k]! * share;
    this.matrix.makeScale(size, size, size).setPosition(at(0), at(1), at(2));
    this.mesh.setMatrixAt(bead, this.matrix);
  }

  dispose(): void {
    (this.mesh.material as MeshBasicMaterial).dispose();
    for (const part of [this.mesh, this.arrows, this.ring]) part.geometry.dispose();
    this.arrows.dispose();
    this.mesh.dispose();
  }
}
