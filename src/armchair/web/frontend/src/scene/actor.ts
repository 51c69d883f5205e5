/** One arm with its blocks and its goal, put where a row of poses says. */

import { CylinderGeometry, Group, Mesh } from "three";
import type { SceneAsset } from "./asset";
import { aimOf } from "./cues";
import { Marker } from "./marker";
import { Tendons } from "./tendons";
import type { Models, Shape } from "./models";

const POST_RADIUS = 0.0024; // m, at least: thinner posts flicker on small screens

export class Actor {
  readonly group = new Group();
  private readonly bodies: Group[];
  private readonly solids: { mesh: Mesh; shape: Shape }[] = []; // parts of the bodies, unless this is a ghost
  private readonly goal = new Group();
  private readonly ground = new Group();
  private readonly post: Mesh | null;
  private readonly tendons: Tendons | null;
  /** What marks the point that counts; null for a ghost and where no point does. */
  readonly marker: Marker | null;

  /** A ghost is see-through, of one colour, casts no shadow and has no goal. */
  constructor(asset: SceneAsset, models: Models, ghost = false) {
    this.bodies = models.bodies.map((shapes) => {
      const body = new Group();
      for (const shape of shapes) {
        const mesh = meshOf(shape, ghost ? models.ghost : null, !ghost);
        if (!ghost) this.solids.push({ mesh, shape });
        body.add(mesh);
      }
      body.renderOrder = ghost ? 2 : 0;
      this.group.add(body);
      return body;
    });
    this.tendons = ghost || !asset.tendons.length ? null : new Tendons(asset, models);
    if (this.tendons) this.group.add(this.tendons.group);
    this.post = ghost || asset.goal.lineRadius <= 0 ? null : makePost(asset, models);
    const aim = ghost ? null : aimOf(asset);
    this.marker = aim && models.marks ? new Marker(aim, models.marks, asset.goal.marker === "disc") : null;
    if (this.marker) this.group.add(this.marker.group);
    if (ghost) return;
    for (const shape of models.goal) this.goal.add(meshOf(shape, null, false), meshOf(shape, models.hidden, false));
    for (const shape of models.ground) this.ground.add(meshOf(shape, null, false), meshOf(shape, models.hidden, false));
    this.group.add(this.goal, this.ground);
    if (this.post) this.group.add(this.post);
  }

  /** Draws without highlights and without the arm's shadow on itself, which cost a processor the most. */
  simplify(on: boolean): void {
    for (const { mesh, shape } of this.solids) {
      mesh.material = on ? shape.plain : shape.material;
      mesh.receiveShadow = !on;
    }
  }

  /** How many rows a moment must have: the bodies and the goal's marker. */
  get rows(): number {
    return this.bodies.length + 1;
  }

  /** `rows` holds position and quaternion w, x, y, z of each body, the goal's marker last. */
  pose(rows: Float32Array): void {
    this.bodies.forEach((body, k) => place(body, rows, k * 7));
    const at = this.bodies.length * 7;
    if (this.goal.children.length) place(this.goal, rows, at);
    this.ground.position.set(rows[at]!, rows[at + 1]!, 0);
    this.marker?.pose(rows);
    this.tendons?.pose(rows);
    if (this.post) {
      const height = Math.max(rows[at + 2]!, 1e-4);
      this.post.position.set(rows[at]!, rows[at + 1]!, height / 2);
      this.post.scale.y = height;
    }
  }
}

function meshOf(shape: Shape, instead: Shape["material"] | null, shadow: boolean): Mesh {
  const mesh = new Mesh(shape.geometry, instead ?? shape.material);
  mesh.castShadow = shadow && !mesh.material.transparent;
  mesh.receiveShadow = shadow;
  return mesh;
}

function makePost(asset: SceneAsset, models: Models): Mesh {
  const radius = Math.max(asset.goal.lineRadius, POST_RADIUS);
  const post = new Mesh(new CylinderGeometry(radius, radius, 1, 10), models.line);
  post.rotation.x = Math.PI / 2; // three's cylinders stand along y
  return post;
}

function place(thing: Group, rows: Float32Array, at: number): void {
  thing.position.set(rows[at]!, rows[at + 1]!, rows[at + 2]!);
  thing.quaternion.set(rows[at + 4]!, rows[at + 5]!, rows[at + 6]!, rows[at + 3]!);
}
