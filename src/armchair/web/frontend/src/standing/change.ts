/** What changed: the arm before and now on the same goals, in a corner that opens and closes. Answers go on meanwhile. */

import type { Client } from "../api";
import type { State } from "../contract";
import { learnedText, successText } from "../label/words";
import { ScenePlayer } from "../player/scene_player";
import { hasWebGL } from "../player/views";
import { parseScene } from "../scene/asset";
import { byId, press, setText } from "../ui/dom";
import { closesBeside } from "../ui/popup";
import { tone } from "../ui/tone";
import { answersText, readChange } from "./change_data";

const STEP = 0.05; // s, where nobody has said how long one lasts

export class Change {
  private state: State | null = null;
  private player: ScenePlayer | null = null;
  private seen = ""; // version that was opened last
  private shown = ""; // version that plays
  private readonly draws = hasWebGL();
  private readonly button = byId<HTMLButtonElement>("open-change");
  private readonly panel = byId("change");

  constructor(private readonly client: Client, private readonly failed: (error: unknown) => void) {
    this.button.addEventListener("click", () => this.toggle());
    byId("close-change").addEventListener("click", () => this.close());
    closesBeside(this.panel, () => this.close());
  }

  /** Whether there is something to see. */
  get ready(): boolean {
    return Boolean(this.state?.change && this.state.scene) && this.draws;
  }

  take(state: State): void {
    this.state = state;
    this.button.hidden = !this.ready;
    this.button.classList.toggle("news", this.ready && state.change!.version !== this.seen);
    if (!this.panel.hidden) void this.show();
  }

  toggle(): void {
    if (this.panel.hidden) this.open();
    else this.close();
  }

  open(): void {
    if (!this.ready) return;
    this.panel.hidden = false;
    press(this.button, true);
    void this.show();
  }

  /** Returns whether it was open. */
  close(): boolean {
    const was = !this.panel.hidden;
    this.panel.hidden = true;
    press(this.button, false);
    this.player?.destroy();
    this.player = null;
    this.shown = "";
    return was;
  }

  private async show(): Promise<void> {
    const { state } = this;
    if (!state?.change || !state.scene) return;
    setText(byId("change-told"), [learnedText(state.progress), successNow(state)].filter(Boolean).join("\n"));
    const { url, version } = state.change;
    if (version === this.shown) return;
    this.seen = this.shown = version;
    this.button.classList.remove("news");
    try {
      const [scene, bytes] = await Promise.all([this.client.bytes(state.scene.url), this.client.bytes(url)]);
      if (this.panel.hidden || this.shown !== version) return;
      this.play(scene, bytes, state.control_dt ?? STEP);
    } catch (error) {
      this.close();
      this.failed(error);
    }
  }

  private play(scene: ArrayBuffer, bytes: ArrayBuffer, dt: number): void {
    const { before, now, clips } = readChange(bytes);
    setText(byId("change-before"), `Before · ${answersText(before)}`);
    setText(byId("change-now"), `Now · ${answersText(now)}`);
    if (!this.player) {
      this.player = new ScenePlayer(byId("change-stage"), parseScene(scene), dt,
        { count: 2, surface: byId("change-surface"), oneFinger: true });
      this.player.tone(tone());
    }
    this.player.resize();
    this.player.loadAll(clips);
  }
}

function successNow(state: State): string {
  const success = successText(state);
  return success && `${success} when it was last measured.`;
}
