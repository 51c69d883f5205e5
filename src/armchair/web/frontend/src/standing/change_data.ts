/** The arm before and now, as the server sends it: a JSON header, then the poses of both. */

import { BadPoses, decodePoses, type Poses } from "../player/poses";

export interface ChangeData {
  before: number; // answers after which the arm did so
  now: number;
  clips: [Poses, Poses];
}

/** Throws BadPoses for bytes that are none of it. */
export function readChange(bytes: ArrayBuffer): ChangeData {
  if (bytes.byteLength < 4) throw new BadPoses("what changed is empty");
  const start = 4 + new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, Math.max(0, start - 4)))) as Record<string, number>;
  const { before, now, steps, bodies } = header as { before: number; now: number; steps: number; bodies: number };
  const size = steps * bodies * 7 * 4;
  const clip = (k: number): Poses => decodePoses(bytes.slice(start + k * size, start + (k + 1) * size), steps, bodies);
  return { before, now, clips: [clip(0), clip(1)] };
}

export function answersText(answers: number): string {
  return answers === 1 ? "one answer" : `${answers} answers`;
}
