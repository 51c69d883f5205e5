/** Geometries and materials of a scene, made once and shared by all that is drawn from them. */

import {
  BufferAttribute, BufferGeometry, Color, GreaterDepth, MeshBasicMaterial, MeshLambertMaterial, MeshPhongMaterial,
  SRGBColorSpace,
} from "three";
import type { Material as Three } from "three";
import type { Material, Mesh, SceneAsset } from "./asset";
import { coarsen } from "./coarse";
import { makeMarks, type Marks } from "./marks";

const GLOW = 0.1; // vivid colours glow a little, or shade makes them dull

export interface Shape {
  geometry: BufferGeometry;
  material: Three;
  plain: Three; // the same without highlights, for a processor that has to draw it by itself
}

export interface Models {
  bodies: Shape[][];
  goal: Shape[];
  ground: Shape[];
  line: Three;
  tendons: Three[];
  ours: boolean; // a table stands below our arm, whatever the scene says
  surroundings: Shape[];
  ghost: Three;
  hidden: Three; // how the goal shows through what stands before it
  marks: Marks | null; // of the point that counts
  detail(cell: number): void; // m; what is finer is not drawn, 0 draws everything
  dispose(): void;
}

export function makeModels(asset: SceneAsset): Models {
  const materials = new Map<string, Paint>();
  const paint = (look: Material): Paint => {
    const key = JSON.stringify(look);
    let made = materials.get(key);
    if (!made) materials.set(key, (made = makeMaterials(look)));
    return made;
  };
  const geometries: { geometry: BufferGeometry; mesh: Mesh; coarseness: number }[] = [];
  const shaper = (coarseness: number) => (mesh: Mesh): Shape => {
    const geometry = new BufferGeometry();
    fill(geometry, mesh, 0);
    geometries.push({ geometry, mesh, coarseness });
    return { geometry, ...paint(mesh.material) };
  };
  const shape = shaper(1);
  const goal = shaper(0); // it must be seen well
  const hidden = new MeshBasicMaterial({
    color: new Color().setRGB(...(asset.goal.line.rgba.slice(0, 3) as [number, number, number]), SRGBColorSpace),
    transparent: true,
    opacity: 0.3,
    depthFunc: GreaterDepth,
    depthWrite: false,
  });
  const ghost = new MeshLambertMaterial({
    color: 0x2f7df6,
    transparent: true,
    opacity: 0.42,
    depthWrite: false,
    polygonOffset: true, // where both arms are the same, the real one is seen
    polygonOffsetFactor: 2,
    polygonOffsetUnits: 4,
  });
  const [cue] = asset.cues;
  const marks = cue ? makeMarks(cue.radius) : null;
  return {
    bodies: asset.bodies.map((body) => body.parts.map(shape)),
    goal: asset.goal.parts.map(goal),
    ground: asset.goal.ground.map(goal),
    line: paint(asset.goal.line).plain,
    tendons: asset.tendons.map(({ material }) => paint(material).plain),
    ours: asset.frame === null,
    surroundings: asset.surroundings.map(shape),
    ghost,
    hidden,
    marks,
    detail(cell: number): void {
      for (const { geometry, mesh, coarseness } of geometries) fill(geometry, mesh, coarseness * cell);
    },
    dispose(): void {
      for (const { geometry } of geometries) geometry.dispose();
      for (const { material, plain } of materials.values()) {
        material.dispose();
        plain.dispose();
      }
      ghost.dispose();
      hidden.dispose();
      marks?.dispose();
    },
  };
}

function fill(geometry: BufferGeometry, mesh: Mesh, cell: number): void {
  const { positions, normals, indices } = cell ? coarsen(mesh, cell) : mesh;
  geometry.dispose(); // what the renderer holds of it
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setAttribute("normal", new BufferAttribute(normals, 4, true)); // the pad byte is never read
  geometry.setIndex(new BufferAttribute(indices, 1));
}

type Paint = Pick<Shape, "material" | "plain">;

function makeMaterials(look: Material): Paint {
  const [r, g, b, alpha] = look.rgba;
  const color = new Color().setRGB(r, g, b, SRGBColorSpace);
  const shine = 0.3 * look.shininess * (1 - look.roughness);
  const both = {
    color,
    emissive: color.clone().multiplyScalar(GLOW * (1 - Math.min(r, g, b))),
    transparent: alpha < 1,
    opacity: alpha,
    depthWrite: alpha >= 1,
  };
  const specular = new Color(shine, shine, shine);
  const shininess = 8 + 90 * (1 - look.roughness) ** 2;
  return { material: new MeshPhongMaterial({ ...both, specular, shininess }), plain: new MeshLambertMaterial(both) };
}
