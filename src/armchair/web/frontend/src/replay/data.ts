/** Reads the JSON that a replay file carries. */

import { parseScene, type SceneAsset } from "../scene/asset";
import { decodePoses, type Poses } from "../player/poses";

export interface Replay {
  title: string;
  task: string;
  caption: string;
  dt: number;
  scene: SceneAsset;
  clips: { label: string; poses: Poses }[];
}

interface Written {
  title?: unknown;
  task?: unknown;
  caption?: unknown;
  dt?: unknown;
  scene?: unknown;
  clips?: { label: unknown; steps: number; bodies: number; poses: string }[];
}

/** Throws an Error with one sentence for what cannot be shown. */
export function readReplay(text: string): Replay {
  let written: Written;
  try {
    written = JSON.parse(text) as Written;
  } catch {
    throw new Error("this file carries no replay");
  }
  if (typeof written.scene !== "string" || !written.clips?.length) throw new Error("this file carries no clips");
  if (typeof written.dt !== "number" || !(written.dt > 0)) throw new Error("this file does not say how long a step is");
  const scene = parseScene(bytesOf(written.scene));
  const clips = written.clips.map((clip) => {
    const poses = decodePoses(bytesOf(clip.poses), clip.steps, clip.bodies);
    if (clip.bodies !== scene.bodies.length + 1) throw new Error("the clips have other bodies than the scene");
    return { label: String(clip.label), poses };
  });
  const words = (value: unknown): string => (typeof value === "string" ? value : "");
  return { title: words(written.title), task: words(written.task), caption: words(written.caption), dt: written.dt, scene, clips };
}

function bytesOf(base64: string): ArrayBuffer {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes.buffer;
}
