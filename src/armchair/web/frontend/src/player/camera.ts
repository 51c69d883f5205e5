/** The one camera of all views: turned by pointer, wheel, fingers or keys. */

import { MathUtils, PerspectiveCamera, Spherical, TOUCH, Vector3 } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { SceneAsset } from "../scene/asset";
import { framing, type Vector } from "./framing";

const HEIGHT = 37; // degrees seen from top to bottom, unless something would be cut off
const FURTHER = 1.1; // labels stand in the corners
const ASIDE = new Vector3(-0.035, -0.045, 0.05); // m, brings the arm rather than the table to the middle

export class SharedCamera {
  readonly camera = new PerspectiveCamera(HEIGHT, 1, 0.05, 30);
  private readonly controls: OrbitControls;
  private readonly home: { eye: Vector3; target: Vector3 };
  private shown: ArrayLike<number> = []; // xyz after xyz, what must be in the picture
  private turned = false; // by the person, who shall keep the view

  /** `oneFinger`: whether a single finger turns the camera; otherwise two do. */
  constructor(surface: HTMLElement, asset: SceneAsset, oneFinger: boolean, changed: () => void) {
    const target = new Vector3(...asset.camera.target);
    const away = new Vector3(...asset.camera.eye).sub(target).multiplyScalar(FURTHER);
    target.add(ASIDE);
    const eye = target.clone().add(away);
    this.home = { eye, target };
    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, surface);
    this.controls.enablePan = false;
    this.controls.minDistance = 0.5;
    this.controls.maxDistance = 4;
    this.controls.maxPolarAngle = Math.PI * 0.495; // not from below the table
    this.controls.touches = oneFinger
      ? { ONE: TOUCH.ROTATE, TWO: TOUCH.DOLLY_ROTATE }
      : { ONE: null, TWO: TOUCH.DOLLY_ROTATE };
    this.controls.addEventListener("change", changed);
    this.controls.addEventListener("start", () => { this.turned = true; });
    this.reset();
  }

  reset(): void {
    this.turned = false;
    this.stand();
  }

  /** Shape of a view, width / height. */
  fit(aspect: number): void {
    this.camera.aspect = aspect;
    this.stand();
  }

  /** What must be in the picture, xyz after xyz. */
  hold(points: ArrayLike<number>): void {
    this.shown = points;
    this.stand();
  }

  private stand(): void {
    const { eye, target } = this.home;
    const usual = Math.tan(MathUtils.degToRad(HEIGHT / 2));
    const found = framing(eye.toArray() as Vector, target.toArray() as Vector, usual, this.camera.aspect, this.shown);
    this.camera.fov = MathUtils.radToDeg(2 * Math.atan(found.half));
    this.camera.updateProjectionMatrix();
    if (this.turned) return;
    this.camera.position.set(...found.eye);
    this.controls.target.copy(target).add(this.camera.position).sub(eye);
    this.controls.update();
  }

  /** Turn by angles (rad) about the target and change the distance by a factor. */
  turn(sideways: number, upwards: number, distance = 1): void {
    this.turned = true;
    const offset = this.camera.position.clone().sub(this.controls.target);
    const upright = offset.clone().set(offset.x, offset.z, -offset.y); // Spherical's pole is y
    const polar = new Spherical().setFromVector3(upright);
    polar.theta += sideways;
    polar.phi = MathUtils.clamp(polar.phi - upwards, 0.05, Math.PI * 0.495);
    polar.radius = MathUtils.clamp(polar.radius * distance, 0.5, 4);
    upright.setFromSpherical(polar);
    this.camera.position.copy(this.controls.target).add(offset.set(upright.x, -upright.z, upright.y));
    this.controls.update();
  }

  dispose(): void {
    this.controls.dispose();
  }
}
