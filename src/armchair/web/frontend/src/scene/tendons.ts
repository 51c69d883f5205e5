/** Lines between bodies, such as ropes and muscles, straight from point to point. */

import { CylinderGeometry, Group, Mesh, Vector3 } from "three";
import type { SceneAsset } from "./asset";
import type { Models } from "./models";

const CORNERS = 8;
const LEAST = 1e-4; // m, of a line that has no length

export class Tendons {
  readonly group = new Group();
  private readonly lines: { mesh: Mesh; from: number; to: number }[] = [];

  constructor(asset: SceneAsset, models: Models) {
    asset.tendons.forEach(({ rows, radius }, k) => {
      const geometry = new CylinderGeometry(radius, radius, 1, CORNERS); // along y
      for (let at = 1; at < rows.length; at++) {
        const mesh = new Mesh(geometry, models.tendons[k]);
        mesh.castShadow = true;
        this.lines.push({ mesh, from: rows[at - 1]!, to: rows[at]! });
        this.group.add(mesh);
      }
    });
  }

  /** `rows` holds position and quaternion of each body. */
  pose(rows: Float32Array): void {
    for (const { mesh, from, to } of this.lines) {
      const start = new Vector3().fromArray(rows, 7 * from);
      const way = new Vector3().fromArray(rows, 7 * to).sub(start);
      const length = Math.max(way.length(), LEAST);
      mesh.position.copy(start).addScaledVector(way, 0.5);
      mesh.quaternion.setFromUnitVectors(new Vector3(0, 1, 0), way.divideScalar(length));
      mesh.scale.y = length;
    }
  }
}
