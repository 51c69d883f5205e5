/** Geometries and materials of a scene, made once and shared by all that is drawn from them. */

import {
  BufferAttribute, BufferGeometry, Color, GreaterDepth, MeshBasicMaterial, MeshLambertMaterial, MeshPhongMaterial,
  SRGBColorSpace,
} from "three";
import type { Material as Three } from "three";
import type { Material, Mesh, SceneAsset } from "./asset";

const GLOW = 0.1; // vivid colours glow a little, or shade makes them dull

export interface Shape {
  geometry: BufferGeometry;
  material: Three;
}

export interface Models {
  bodies: Shape[][];
  goal: Shape[];
  ground: Shape[];
  line: Three;
  surroundings: Shape[];
  ghost: Three;
  hidden: Three; // how the goal shows through what stands before it
  dispose(): void;
}

export function makeModels(asset: SceneAsset): Models {
  const materials = new Map<string, Three>();
  const geometries: BufferGeometry[] = [];
  const paint = (look: Material): Three => {
    const key = JSON.stringify(look);
    let made = materials.get(key);
    if (!made) materials.set(key, (made = makeMaterial(look)));
    return made;
  };
  const shape = (mesh: Mesh): Shape => {
    const geometry = makeGeometry(mesh);
    geometries.push(geometry);
    return { geometry, material: paint(mesh.material) };
  };
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
  return {
    bodies: asset.bodies.map((body) => body.parts.map(shape)),
    goal: asset.goal.parts.map(shape),
    ground: asset.goal.ground.map(shape),
    line: paint(asset.goal.line),
    surroundings: asset.surroundings.map(shape),
    ghost,
    hidden,
    dispose(): void {
      for (const geometry of geometries) geometry.dispose();
      for (const material of materials.values()) material.dispose();
      ghost.dispose();
      hidden.dispose();
    },
  };
}

function makeGeometry(mesh: Mesh): BufferGeometry {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(mesh.positions, 3));
  geometry.setAttribute("normal", new BufferAttribute(mesh.normals, 4, true)); // the pad byte is never read
  geometry.setIndex(new BufferAttribute(mesh.indices, 1));
  return geometry;
}

function makeMaterial(look: Material): Three {
  const [r, g, b, alpha] = look.rgba;
  const color = new Color().setRGB(r, g, b, SRGBColorSpace);
  const shine = 0.3 * look.shininess * (1 - look.roughness);
  return new MeshPhongMaterial({
    color,
    specular: new Color(shine, shine, shine),
    shininess: 8 + 90 * (1 - look.roughness) ** 2,
    emissive: color.clone().multiplyScalar(GLOW * (1 - Math.min(r, g, b))),
    transparent: alpha < 1,
    opacity: alpha,
    depthWrite: alpha >= 1,
  });
}
