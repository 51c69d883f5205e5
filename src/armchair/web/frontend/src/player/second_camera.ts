/** The camera of the second view: it stands where it is told and does not turn with the pointer. */

import { MathUtils, Matrix4, PerspectiveCamera, Vector3 } from "three";
import { FAR, type Sight } from "./sight";

export class SecondCamera {
  readonly camera = new PerspectiveCamera(10, 1, 1, 8);
  private half = 1;

  stand(sight: Sight, aspect: number): void {
    const { eye, right, up, forward, half } = sight;
    const back = new Vector3(...forward).negate();
    this.camera.position.set(...eye);
    this.camera.quaternion.setFromRotationMatrix(new Matrix4().makeBasis(new Vector3(...right), new Vector3(...up), back));
    this.camera.fov = MathUtils.radToDeg(2 * Math.atan(half));
    this.camera.aspect = aspect;
    this.camera.updateProjectionMatrix();
    this.half = half;
  }

  /** Metres to a pixel at what is looked at, in a picture so many pixels high. */
  metres(height: number): number {
    return (2 * FAR * this.half) / height;
  }
}
