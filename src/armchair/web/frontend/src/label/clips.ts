/** Fetches clips: body poses where they can be drawn, films elsewhere. */

import { Refused, type Client } from "../api";
import type { ClipRef } from "../contract";
import type { ClipData } from "../player/player";
import { decodePoses } from "../player/poses";
import type { ClipSource } from "./queue";

export class Clips implements ClipSource {
  /** `draws3d`: clips with poses are drawn; false asks for a film of every clip. */
  constructor(private readonly client: Client, public draws3d: boolean) {}

  async load(ref: ClipRef, asFilm: boolean): Promise<ClipData> {
    if (!asFilm && this.draws3d) {
      return { ref, kind: "poses", poses: decodePoses(await this.client.bytes(ref.url), ref.steps, ref.bodies) };
    }
    try {
      const film = new Blob([await this.client.bytes(ref.film)], { type: "video/mp4" });
      return { ref, kind: "film", url: URL.createObjectURL(film) };
    } catch (error) {
      if (error instanceof Refused && error.status === 404) {
        throw new Refused(404, error.code, `there is no film of this clip: ${error.message}`);
      }
      throw error;
    }
  }

  free(clip: ClipData): void {
    if (clip.kind === "film") URL.revokeObjectURL(clip.url);
  }
}
