/** What stands around the arm on the page: a table, the light and its shadow. */

import {
  type Color, CylinderGeometry, DirectionalLight, HemisphereLight, Mesh, MeshLambertMaterial, Scene,
} from "three";
import type { Models, Shape } from "./models";

export type Tone = "light" | "dark";

const TABLE = { x: 0.32, radius: 0.86, thickness: 0.03 }; // m
const TABLE_COLOUR = 0xd9d5ce;
const SHADE: Record<Tone, number> = { light: 1, dark: 0.2 }; // what is around the arm is dimmed in the dark

export class Studio {
  readonly scene = new Scene();
  private readonly key = new DirectionalLight(0xfffaf3, 2.0);
  private readonly stills: { material: MeshLambertMaterial; colour: Color }[] = [];
  private readonly table: CylinderGeometry | null = null;

  constructor(models: Models) {
    this.scene.add(new HemisphereLight(0xf6f9ff, 0x8f8c88, 1.55));
    this.addKey();
    const fill = new DirectionalLight(0xe8f0ff, 0.75);
    fill.position.set(1.2, -1.6, 1.4);
    this.scene.add(fill);
    for (const shape of models.surroundings) this.addStill(shape);
    if (!models.surroundings.length && models.ours) {
      this.table = new CylinderGeometry(TABLE.radius, TABLE.radius, TABLE.thickness, 96);
      const table = this.addStill({ geometry: this.table, plain: new MeshLambertMaterial({ color: TABLE_COLOUR }) });
      table.rotation.x = Math.PI / 2; // three's cylinders stand along y
      table.position.set(TABLE.x, 0, -TABLE.thickness / 2);
    }
  }

  private addKey(): void {
    this.key.position.set(0.95, 1.0, 2.0);
    this.key.target.position.set(0.3, 0, 0.2);
    this.key.castShadow = true;
    this.key.shadow.camera.left = this.key.shadow.camera.bottom = -0.95;
    this.key.shadow.camera.right = this.key.shadow.camera.top = 0.95;
    this.key.shadow.camera.near = 0.5;
    this.key.shadow.camera.far = 4;
    this.key.shadow.bias = -0.0008;
    this.key.shadow.normalBias = 0.006;
    this.key.shadow.intensity = 0.55;
    this.scene.add(this.key, this.key.target);
  }

  /** Has its own copy of the material, which is dimmed with the page. */
  private addStill(shape: Pick<Shape, "geometry" | "plain">): Mesh {
    const material = shape.plain.clone() as MeshLambertMaterial;
    const mesh = new Mesh(shape.geometry, material);
    mesh.receiveShadow = true;
    this.stills.push({ material, colour: material.color.clone() });
    this.scene.add(mesh);
    return mesh;
  }

  /** Width of the shadow's map in pixels. */
  shadow(size: number): void {
    this.key.shadow.mapSize.set(size, size);
    this.key.shadow.map?.dispose();
    this.key.shadow.map = null;
  }

  tone(tone: Tone): void {
    for (const { material, colour } of this.stills) material.color.copy(colour).multiplyScalar(SHADE[tone]);
  }

  dispose(): void {
    this.table?.dispose();
    for (const { material } of this.stills) material.dispose();
    this.key.dispose();
  }
}
