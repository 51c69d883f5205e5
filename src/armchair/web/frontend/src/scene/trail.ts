/** The way the tool has come: beads, one a half step, that shrink with age. Their spacing shows the speed. */

import { InstancedMesh, Matrix4, MeshBasicMaterial, SphereGeometry } from "three";

const LIMIT = 240; // beads
const RADIUS = 0.0055; // m
const FADE = 24; // steps after which a bead is at its smallest

export class Trail {
  readonly mesh: InstancedMesh;
  private path: Float32Array = new Float32Array(0);
  private readonly matrix = new Matrix4();

  constructor() {
    const material = new MeshBasicMaterial({ color: 0x2f7de1, transparent: true, opacity: 0.85 });
    this.mesh = new InstancedMesh(new SphereGeometry(RADIUS, 8, 6), material, LIMIT);
    this.mesh.frustumCulled = false;
    this.mesh.count = 0;
  }

  /** Positions of the tool at every step, L * 3. */
  follow(path: Float32Array): void {
    this.path = path;
  }

  /** Shows the way up to a moment. */
  show(step: number): void {
    const steps = this.path.length / 3;
    const beads = Math.min(LIMIT, Math.max(0, Math.floor(2 * Math.min(step, steps - 1)) + 1));
    const first = Math.max(0, Math.floor(2 * step) + 1 - LIMIT);
    for (let bead = 0; bead < beads; bead++) this.put(bead, (first + bead) / 2, step);
    this.mesh.count = steps ? beads : 0;
    this.mesh.instanceMatrix.needsUpdate = true;
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
    this.mesh.geometry.dispose();
    (this.mesh.material as MeshBasicMaterial).dispose();
    this.mesh.dispose();
  }
}
