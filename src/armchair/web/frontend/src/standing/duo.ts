/** Two clips that play side by side in a small stage of their own. */

import type { ClipRef } from "../contract";
import { loadBoth, type ClipSource } from "../label/queue";
import { ScenePlayer } from "../player/scene_player";
import type { SceneAsset } from "../scene/asset";
import { make } from "../ui/dom";
import { Insets } from "../ui/insets";
import { tone } from "../ui/tone";

/** What clips are drawn from; no asset where films are shown. */
export interface Drawn {
  asset: SceneAsset | null;
  dt: number;
}

export class Duo {
  readonly stage: HTMLElement;
  private readonly surface: HTMLElement;
  private readonly sized = new ResizeObserver(() => this.player?.resize());
  private player: ScenePlayer | null = null;
  private free: () => void = () => undefined;
  private gone = false;

  constructor(names: [string, string], private readonly clips: ClipSource, private readonly drawn: Drawn) {
    this.surface = make("div", { class: "surface" }, ...names.map(pane));
    this.stage = make("div", { class: "stage" }, this.surface);
  }

  /** Throws where the clips cannot be had. */
  async play(refs: { left: ClipRef; right: ClipRef }): Promise<void> {
    const { left, right } = await loadBoth(this.clips, refs);
    this.free = () => { this.clips.free(left); this.clips.free(right); };
    const { asset, dt } = this.drawn;
    if (this.gone) return this.free();
    if (left.kind === "film" && right.kind === "film") this.stage.prepend(make("div", { class: "films" }, film(left.url), film(right.url)));
    else if (asset && left.kind === "poses" && right.kind === "poses") {
      const player = new ScenePlayer(this.stage, asset, dt, { count: 2, surface: this.surface, oneFinger: false, quality: "low" }, true);
      const insets = new Insets(this.surface, 2, () => player.exchange());
      player.oncompose = ({ from }) => insets.place(player.views.insets, `from ${from}`);
      player.tone(tone());
      player.resize();
      player.loadAll([left.poses, right.poses]);
      this.player = player;
      this.sized.observe(this.stage);
    }
  }

  destroy(): void {
    this.gone = true;
    this.sized.disconnect();
    this.player?.destroy();
    this.free();
  }
}

function pane(name: string): HTMLElement {
  return make("div", { class: "pane" }, make("span", { class: "tag", text: name }));
}

function film(url: string): HTMLVideoElement {
  const video = make("video");
  Object.assign(video, { src: url, muted: true, loop: true, autoplay: true, playsInline: true });
  return video;
}
