/** Several clips side by side: one renderer, one shared camera, one scissored view for each clip. */

import { type Camera, PCFShadowMap, SRGBColorSpace, WebGLRenderer } from "three";
import { Actor } from "../scene/actor";
import type { SceneAsset } from "../scene/asset";
import { makeModels, type Models } from "../scene/models";
import { Studio, type Tone } from "../scene/studio";
import { Trail } from "../scene/trail";
import { SharedCamera } from "./camera";
import type { Composition } from "./composition";
import type { Rect } from "./layout";
import { SecondCamera } from "./second_camera";
import { type Chosen, isSoftware, Quality } from "./quality";

export interface ViewOptions {
  count: number;
  surface: HTMLElement; // takes the pointer; the canvas lies below it
  oneFinger?: boolean;
  quality?: Chosen | null;
}

interface View {
  actor: Actor;
  trail: Trail;
}

const GAP = 2; // CSS pixels between views

export class Views {
  readonly canvas = document.createElement("canvas");
  readonly camera: SharedCamera;
  readonly views: View[];
  readonly quality: Quality;
  private readonly renderer: WebGLRenderer;
  private readonly models: Models;
  private readonly studio: Studio;
  private readonly spirit: Actor;
  private readonly second = new SecondCamera();
  private composed: (Composition & { swapped: boolean }) | null = null;
  private ghostOn = false;
  private traceOn = false;
  private width = 0;
  private height = 0;
  /** Called when something other than time changed the picture. */
  onchange: () => void = () => undefined;

  constructor(private readonly box: HTMLElement, asset: SceneAsset, options: ViewOptions) {
    const software = isSoftware(rendererName());
    this.quality = new Quality(software, options.quality);
    this.canvas.setAttribute("aria-hidden", "true");
    this.renderer = new WebGLRenderer({ canvas: this.canvas, antialias: this.quality.level.cell === 0, alpha: true });
    this.renderer.outputColorSpace = SRGBColorSpace;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.renderer.shadowMap.autoUpdate = false; // once for each clip, not for each view of it
    this.renderer.setScissorTest(true);
    this.models = makeModels(asset);
    this.studio = new Studio(this.models);
    this.views = Array.from({ length: options.count }, () => this.addView(asset));
    this.spirit = new Actor(asset, this.models, true);
    this.spirit.group.visible = false;
    this.studio.scene.add(this.spirit.group);
    box.prepend(this.canvas);
    this.camera = new SharedCamera(options.surface, asset, options.oneFinger ?? false, () => this.onchange());
    this.refine();
  }

  private addView(asset: SceneAsset): View {
    const view = { actor: new Actor(asset, this.models), trail: new Trail() };
    this.studio.scene.add(view.actor.group, view.trail.mesh);
    return view;
  }

  /** Rows that a moment of a clip must have. */
  get rows(): number {
    return this.spirit.rows;
  }

  ghost(on: boolean): void {
    this.ghostOn = on;
  }

  /** Poses of the ghost that is drawn over the first view. */
  poseGhost(rows: Float32Array): void {
    if (this.ghostOn) this.spirit.pose(rows);
  }

  trace(on: boolean): void {
    this.traceOn = on;
  }

  /** Lines from the points that count to their places, while nothing moves. */
  connect(on: boolean): void {
    for (const view of this.views) view.actor.marker?.connect(on);
  }

  tone(tone: Tone): void {
    this.studio.tone(tone);
    this.onchange();
  }

  resize(): void {
    const { clientWidth, clientHeight } = this.box;
    if (!clientWidth || !clientHeight) return;
    this.width = clientWidth;
    this.height = clientHeight;
    this.renderer.setPixelRatio(this.quality.pixelRatio(window.devicePixelRatio || 1));
    this.renderer.setSize(clientWidth, clientHeight);
    const { width, height } = this.cell(0);
    if (!this.composed) this.camera.fit(width / height);
  }

  /** The place of view `k`: side by side, four in two rows. y is downwards. */
  private cell(k: number): Rect {
    const count = this.views.length;
    const columns = count > 3 ? 2 : count;
    const rows = Math.ceil(count / columns);
    const width = (this.width - GAP * (columns - 1)) / columns;
    const height = (this.height - GAP * (rows - 1)) / rows;
    return { x: (k % columns) * (width + GAP), y: Math.floor(k / columns) * (height + GAP), width, height };
  }

  /** Width and height of a clip's pane; null while it has none. */
  get pane(): { width: number; height: number } | null {
    return this.width ? this.cell(0) : null;
  }

  /** From where all clips are seen from now on. `swapped`: the second view is the large one. */
  compose(composition: Composition, swapped: boolean): void {
    this.composed = { ...composition, swapped };
    const { large, small } = composition.places;
    const [mine, other] = swapped ? [small, large] : [large, small];
    this.camera.hold(composition.held, composition.main);
    this.camera.fit(mine.width / mine.height);
    this.second.stand(composition.second, other.width / other.height);
  }

  /** Where the small views lie on the box, one for each clip. */
  get insets(): Rect[] {
    const small = this.composed?.places.small;
    return small ? this.views.map((_, k) => within(this.cell(k), small)) : [];
  }

  draw(): void {
    if (!this.width) return;
    this.views.forEach((_, k) => {
      this.views.forEach((view, other) => {
        view.actor.group.visible = other === k;
        view.trail.mesh.visible = this.traceOn && other === k;
      });
      this.spirit.group.visible = this.ghostOn && k === 0;
      this.renderer.shadowMap.needsUpdate = true;
      this.drawClip(k);
    });
  }

  private drawClip(k: number): void {
    const cell = this.cell(k);
    if (!this.composed) return this.look(k, cell, this.camera.camera, this.camera.metres(cell.height));
    const { places, swapped } = this.composed;
    const large = within(cell, places.large);
    const small = within(cell, places.small);
    const [mine, other] = swapped ? [small, large] : [large, small];
    const main = (): void => this.look(k, mine, this.camera.camera, this.camera.metres(mine.height));
    const second = (): void => this.look(k, other, this.second.camera, this.second.metres(other.height));
    if (swapped) second();
    main();
    if (!swapped) second();
  }

  /** Draws clip `k` into a part of the canvas. */
  private look(k: number, { x, y, width, height }: Rect, camera: Camera, metres: number): void {
    const low = this.height - y - height; // WebGL's y is upwards
    this.views[k]?.actor.marker?.face(camera, metres, this.renderer.getPixelRatio());
    this.renderer.setViewport(x, low, width, height);
    this.renderer.setScissor(x, low, width, height);
    this.renderer.render(this.studio.scene, camera);
  }

  /** Tell how time passes while playing. Says what became of the quality. */
  watch(now: number): "same" | "lower" | "give up" {
    const verdict = this.quality.frame(now);
    if (verdict === "lower") this.refine();
    return verdict;
  }

  /** Draws as finely as the quality says. */
  private refine(): void {
    const { shadow, cell } = this.quality.level;
    this.studio.shadow(shadow);
    this.models.detail(cell);
    for (const view of this.views) view.actor.simplify(cell > 0);
    this.resize();
  }

  dispose(): void {
    this.camera.dispose();
    for (const view of this.views) view.trail.dispose();
    this.studio.dispose();
    this.models.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.canvas.remove();
  }
}

function within(cell: Rect, part: Rect): Rect {
  return { ...part, x: cell.x + part.x, y: cell.y + part.y };
}

/** What WebGL says it draws with; throws where there is no WebGL 2. */
function rendererName(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) throw new Error("this browser has no WebGL 2");
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const name = names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : "";
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

export function hasWebGL(): boolean {
  try {
    rendererName();
    return true;
  } catch {
    return false;
  }
}
