/** The one camera of all views: turned by pointer, wheel, fingers or keys. */

import { MathUtils, PerspectiveCamera, Spherical, TOUCH, Vector3 } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { SceneAsset } from "../scene/asset";
import { framing, homeOf, type Home } from "./framing";

export class SharedCamera {
  readonly camera = new PerspectiveCamera(40, 1, 0.05, 30);
  private readonly controls: OrbitControls;
  readonly home: Home;
  private start: Home; // from where the clips that are shown are seen, unless the person turned the view
  private shown: ArrayLike<number> = []; // xyz after xyz, what must be in the picture
  private turned = false; // by the person, who shall keep the view

  /** `oneFinger`: whether a single finger turns the camera; otherwise two do. */
  constructor(surface: HTMLElement, asset: SceneAsset, oneFinger: boolean, changed: () => void) {
    this.home = homeOf(asset.camera);
    this.start = this.home;
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

  /** What must be in the picture, xyz after xyz, and from where it is seen. */
  hold(points: ArrayLike<number>, start = this.home): void {
    this.shown = points;
    this.start = start;
    this.stand();
  }

  private stand(): void {
    const { eye, target, half } = this.start;
    const found = framing(eye, target, half, this.camera.aspect, this.shown);
    this.camera.fov = MathUtils.radToDeg(2 * Math.atan(found.half));
    this.camera.updateProjectionMatrix();
    if (this.turned) return;
    this.camera.position.set(...found.eye);
    this.controls.target.set(...target).add(this.camera.position).sub(new Vector3(...eye));
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

  /** Metres to a pixel at what is looked at, in a picture so many pixels high. */
  metres(height: number): number {
    const distance = this.camera.position.distanceTo(this.controls.target);
    return (2 * distance * Math.tan(MathUtils.degToRad(this.camera.fov / 2))) / height;
  }

  dispose(): void {
    this.controls.dispose();
  }
}
