/** The replay in one file: opens from anywhere, asks no server for anything. */

import { hasWebGL } from "../player/views";
import { ScenePlayer } from "../player/scene_player";
import { byId, make, press, setText } from "../ui/dom";
import { StateCard } from "../ui/states";
import { tone, watchTone } from "../ui/tone";
import { Transport } from "../ui/transport";
import { readReplay, type Replay } from "./data";

const MOST = 4; // clips at once
const FIRST = 2; // clips shown in the beginning

class Viewer {
  private player: ScenePlayer | null = null;
  private chosen: number[];
  private readonly transport: Transport;

  constructor(private readonly replay: Replay) {
    this.transport = new Transport(null, () => replay.dt, () => undefined);
    this.chosen = replay.clips.map((_, k) => k).slice(0, FIRST);
    document.title = replay.title || "Replay";
    document.body.classList.toggle("framed", window.top !== window.self); // in the dashboard
    setText(byId("title"), replay.title || replay.task);
    setText(byId("caption"), replay.caption);
    this.addPicker();
    this.open();
    watchTone(byId<HTMLElement>("theme"), (now) => this.player?.tone(now));
    new ResizeObserver(() => this.player?.resize()).observe(byId("stage"));
    document.addEventListener("keydown", (event) => this.key(event));
  }

  private addPicker(): void {
    const picker = byId("picker");
    picker.hidden = this.replay.clips.length < 2;
    this.replay.clips.forEach((clip, k) => {
      picker.append(make("button", { text: clip.label, onclick: () => this.choose(k) }));
    });
    this.markPicker();
  }

  private markPicker(): void {
    [...byId("picker").children].forEach((button, k) => press(button, this.chosen.includes(k)));
  }

  /** Shows or hides a clip; one is always shown, and never more than fit. */
  private choose(k: number): void {
    const others = this.chosen.filter((one) => one !== k);
    if (others.length === this.chosen.length) this.chosen = [...others, k].slice(-MOST).sort((a, b) => a - b);
    else if (others.length) this.chosen = others;
    this.markPicker();
    this.open();
  }

  private open(): void {
    const count = this.chosen.length;
    if (this.player?.views.views.length !== count) {
      this.player?.destroy();
      const surface = byId("surface");
      this.player = new ScenePlayer(byId("stage"), this.replay.scene, this.replay.dt, { count, surface, oneFinger: true });
      this.player.tone(tone());
      this.transport.attach(this.player, true);
      byId("ghost").hidden = count !== 2;
    }
    const clips = this.chosen.map((k) => this.replay.clips[k]!);
    const panes = clips.map((clip) => make("div", { class: "pane" }, make("span", { class: "tag", text: clip.label })));
    byId("surface").replaceChildren(...panes);
    byId("surface").dataset["count"] = String(count);
    this.player.loadAll(clips.map((clip) => clip.poses));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as Element).closest("button, input") && (event.key === " " || event.key.startsWith("Arrow"))) return;
    const keys: Record<string, () => void> = {
      " ": () => this.transport.toggle(),
      ",": () => this.transport.nudge(-1),
      ".": () => this.transport.nudge(1),
      ArrowLeft: () => this.transport.nudge(-1),
      ArrowRight: () => this.transport.nudge(1),
      "[": () => this.transport.faster(-1),
      "]": () => this.transport.faster(1),
      t: () => this.transport.trace(),
      g: () => this.transport.ghost(),
      r: () => this.player?.resetView(),
    };
    const run = keys[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  }
}

function start(): void {
  const card = new StateCard(byId("state"));
  if (!hasWebGL()) {
    card.show({ title: "This browser has no WebGL 2", lines: ["The replay needs it. Try another browser."] });
    return;
  }
  try {
    new Viewer(readReplay(byId("replay").textContent ?? ""));
    card.hide();
  } catch (error) {
    card.show({ title: "The replay cannot be shown", lines: [error instanceof Error ? error.message : String(error)] });
  }
}

start();
