/** Small pictures of how clips end, for lists of answers: drawn when they come into sight, by one renderer. */

import { PerspectiveCamera, SRGBColorSpace, Vector3, WebGLRenderer } from "three";
import type { Client } from "../api";
import type { ClipRef } from "../contract";
import { decodePoses, framed, pathOf, poseAt, type Poses } from "../player/poses";
import { Actor } from "../scene/actor";
import type { SceneAsset } from "../scene/asset";
import { makeModels } from "../scene/models";
import { Studio } from "../scene/studio";
import { tone } from "../ui/tone";

const SIZE = { width: 192, height: 132 }; // pixels
const HEIGHT = 34; // degrees seen from top to bottom
const AROUND = 0.14; // m around tool and goal
const MOST = 400; // pictures that are kept

export class Stills {
  private readonly kept = new Map<string, string>(); // clip -> data: URL
  private readonly waiting = new Map<Element, { clip: ClipRef; picture: HTMLImageElement }[]>();
  private readonly seen = new IntersectionObserver((rows) => {
    for (const row of rows) if (row.isIntersecting) this.want(row.target);
  });
  private queue: Promise<void> = Promise.resolve();
  private artist: Artist | null = null;

  /** scene: what clips are drawn from; null while there is none, or where nothing can be drawn. */
  constructor(private readonly client: Client, private readonly scene: () => SceneAsset | null) {}

  /** Puts a picture of each clip into a row once it is in sight; the row is as it was where none can be had. */
  add(row: Element, box: Element, clips: readonly ClipRef[]): void {
    if (!this.scene() || clips.some((clip) => clip.kind !== "poses")) return;
    const pictures = clips.map((clip) => ({ clip, picture: Object.assign(new Image(SIZE.width / 2, SIZE.height / 2), { alt: "" }) }));
    box.append(...pictures.map(({ picture }) => picture));
    this.waiting.set(row, pictures);
    this.seen.observe(row);
  }

  /** Forgets the rows that are not drawn yet. */
  clear(): void {
    this.seen.disconnect();
    this.waiting.clear();
  }

  private want(row: Element): void {
    this.seen.unobserve(row);
    for (const { clip, picture } of this.waiting.get(row) ?? []) {
      this.queue = this.queue.then(() => (picture.isConnected ? this.put(clip, picture) : undefined)).catch(() => picture.remove());
    }
    this.waiting.delete(row);
  }

  private async put(clip: ClipRef, picture: HTMLImageElement): Promise<void> {
    const scene = this.scene();
    if (!scene) return;
    let url = this.kept.get(clip.id);
    if (!url) {
      const poses = decodePoses(await this.client.bytes(clip.url), clip.steps, clip.bodies);
      await new Promise((done) => setTimeout(done)); // the page answers in between
      url = (this.artist ??= new Artist(scene)).draw(poses);
      if (this.kept.size >= MOST) this.kept.clear();
      this.kept.set(clip.id, url);
    }
    picture.src = url;
  }
}

/** Draws one moment at a time, off the screen. */
class Artist {
  private readonly renderer = new WebGLRenderer({ antialias: true, alpha: true });
  private readonly camera = new PerspectiveCamera(HEIGHT, SIZE.width / SIZE.height, 0.05, 30);
  private readonly studio: Studio;
  private readonly actor: Actor;
  private readonly away: Vector3;

  constructor(private readonly asset: SceneAsset) {
    const models = makeModels(asset);
    this.renderer.outputColorSpace = SRGBColorSpace;
    this.renderer.setSize(SIZE.width, SIZE.height, false);
    this.studio = new Studio(models);
    this.actor = new Actor(asset, models);
    this.studio.scene.add(this.actor.group);
    this.camera.up.set(0, 0, 1);
    this.away = new Vector3(...asset.camera.eye).sub(new Vector3(...asset.camera.target)).normalize();
  }

  /** The last moment, with tool and goal in the picture. -> a data: URL */
  draw(clip: Poses): string {
    const poses = framed(clip, this.asset.frame);
    if (poses.bodies !== this.actor.rows) throw new Error("the clip has other bodies than the scene");
    const rows = new Float32Array(poses.bodies * 7);
    poseAt(poses, poses.steps - 1, rows);
    this.actor.pose(rows);
    const tool = new Vector3().fromArray(pathOf(poses, this.asset.toolBody, this.asset.toolOffset), (poses.steps - 1) * 3);
    const goal = new Vector3().fromArray(rows, (poses.bodies - 1) * 7);
    const { always } = this.asset;
    const half = always ? new Vector3(...always[0]).distanceTo(new Vector3(...always[1])) / 2 : tool.distanceTo(goal) / 2 + AROUND;
    const middle = always ? new Vector3(...always[0]).lerp(new Vector3(...always[1]), 0.5) : tool.lerp(goal, 0.5);
    this.camera.position.copy(middle).addScaledVector(this.away, half / Math.tan((HEIGHT / 2) * (Math.PI / 180)));
    this.camera.lookAt(middle);
    const metres = half / SIZE.height * 2; // of a pixel
    this.actor.marker?.face(this.camera, metres, 1);
    this.studio.tone(tone());
    this.renderer.render(this.studio.scene, this.camera);
    return this.renderer.domElement.toDataURL();
  }
}
