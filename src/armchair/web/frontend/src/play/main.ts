/** The live viewer: the newest policy at work, with buttons to disturb it. */

import { at } from "../base";
import { client } from "../api";
import { chosenOf } from "../player/quality";
import { Ticker } from "../player/ticker";
import { hasWebGL, Views } from "../player/views";
import { workspaceOf } from "../player/workspace";
import { parseScene, type SceneAsset } from "../scene/asset";
import { byId, make, press, recall, setText } from "../ui/dom";
import { Notices } from "../ui/notices";
import { StateCard } from "../ui/states";
import { tone, watchTone } from "../ui/tone";
import type { Weights } from "./curve";
import { LiveArm } from "./live_arm";
import { WishPanel, type Wishes } from "./wishes";

interface Hello extends Wishes {
  type: "hello";
  task: string;
  control_dt: number;
  bodies: number;
  scene: string;
  source: string;
}

interface Status extends Wishes {
  type: "status";
  episode: number;
  step: number;
  success: boolean | null; // null where another wish than the task's was taught
  reward: number | null;
  policy_step: number;
}

/** The owner's choice is kept, or something could not be. */
type Reply = { type: "chosen"; weights: Weights } | { type: "error"; error: string };

const RATES = [0.25, 0.5, 1, 2];
const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 8000;

class Player {
  private socket: WebSocket | null = null;
  private views: Views | null = null;
  private arm: LiveArm | null = null;
  private moment = new Float32Array(0);
  private rate = 1;
  private paused = false;
  private traceOn = false;
  private episode = -1;
  private wait = FIRST_WAIT;
  private readonly card = new StateCard(byId("state"));
  private readonly notices = new Notices(byId("toast"), byId("announcer"));
  private readonly wishes = new WishPanel(byId("wishes"), (what, weights) => this.send(what, weights));
  private readonly ticker = new Ticker((_, now) => this.tick(now));

  start(): void {
    history.replaceState(null, "", location.pathname); // a link's token, where one was not needed
    if (!hasWebGL()) {
      this.card.show({ title: "This browser has no WebGL 2", lines: ["The live view needs it. A film can be made with:"], command: "armchair play RUN --video play.mp4" });
      return;
    }
    this.connectButtons();
    this.connect();
  }

  private connect(): void {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${at("/api/play")}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      if (event.data instanceof ArrayBuffer) this.take(event.data);
      else this.hear(JSON.parse(String(event.data)) as Hello | Status | Reply);
    });
    socket.addEventListener("close", () => {
      this.card.show({ title: "The arm is away", lines: ["The connection has ended. The page tries again by itself."], busy: true });
      setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
    });
  }

  private hear(told: Hello | Status | Reply): void {
    if (told.type === "hello") void this.meet(told);
    else if (told.type === "status") this.showStatus(told);
    else if (told.type === "chosen") this.wishes.kept(told.weights);
    else this.wishes.refused(told.error);
  }

  private async meet(hello: Hello): Promise<void> {
    setText(byId("task"), hello.task);
    setText(byId("source"), hello.source);
    document.title = `${hello.task}, live`;
    this.wishes.meet(hello);
    try {
      const asset = parseScene(await client.bytes(hello.scene));
      this.openViews(asset);
      this.arm = new LiveArm(hello.bodies, hello.control_dt, asset);
      this.wait = FIRST_WAIT;
      this.card.hide();
      if (this.rate !== 1) this.send("rate", this.rate);
    } catch (error) {
      this.card.show({ title: "The scene cannot be shown", lines: [error instanceof Error ? error.message : String(error)] });
    }
  }

  private openViews(asset: SceneAsset): void {
    this.views?.dispose();
    this.views = new Views(byId("stage"), asset, { count: 1, surface: byId("surface"), oneFinger: true, quality: chosenOf(recall("quality")) });
    this.views.onchange = () => this.ticker.wake();
    this.views.tone(tone());
    this.views.trace(this.traceOn);
    this.views.camera.hold(workspaceOf([], asset));
    this.moment = new Float32Array(this.views.rows * 7);
  }

  private take(bytes: ArrayBuffer): void {
    if (!this.arm || !this.views) return;
    if (this.views.rows !== this.arm.rows || !this.arm.take(bytes, performance.now())) return;
    this.ticker.wake();
  }

  private tick(now: number): boolean {
    if (!this.views || !this.arm) return false;
    this.arm.at(now, this.rate, this.moment);
    const [view] = this.views.views;
    view?.actor.pose(this.moment);
    if (this.traceOn && view) {
      const trail = this.arm.trail;
      view.trail.follow(trail);
      view.trail.show(trail.length / 3 - 1);
    }
    this.views.draw();
    this.views.watch(now);
    return this.arm.moving(now, this.rate);
  }

  private showStatus(status: Status): void {
    if (status.episode !== this.episode) {
      this.episode = status.episode;
      this.arm?.restart();
    }
    setText(byId("episode"), `Episode ${status.episode + 1}, step ${status.step}`);
    byId("success").hidden = status.success === null;
    byId("success").dataset["on"] = String(status.success);
    setText(byId("success"), status.success ? "Success" : "On its way");
    setText(byId("reward"), status.reward === null ? "" : `Reward ${status.reward.toFixed(2)}`);
    this.wishes.hear(status);
    setText(byId("policy"), status.policy_step ? `Policy after ${status.policy_step.toLocaleString("en")} steps` : "");
  }

  private send(what: string, value?: number | Weights): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify(value === undefined ? { do: what } : { do: what, value }));
  }

  private pause(): void {
    this.paused = !this.paused;
    this.send(this.paused ? "pause" : "resume");
    byId("pause-icon").setAttribute("href", this.paused ? "#i-play" : "#i-pause");
    setText(byId("pause-text"), this.paused ? "Go on" : "Pause");
  }

  private setRate(rate: number, buttons: HTMLElement[]): void {
    this.rate = rate;
    this.send("rate", rate);
    buttons.forEach((button, k) => press(button, RATES[k] === rate));
  }

  private connectButtons(): void {
    const tell = (what: string, words: string): void => {
      this.send(what);
      this.notices.say(words);
    };
    const actions: Record<string, () => void> = {
      goal: () => tell("goal", "A new goal"),
      push: () => tell("push", "Pushed"),
      reset: () => tell("reset", "From the beginning"),
      pause: () => this.pause(),
      view: () => this.views?.camera.reset(),
      trace: () => {
        this.traceOn = !this.traceOn;
        press(byId("trace"), this.traceOn);
        this.views?.trace(this.traceOn);
      },
    };
    for (const [id, run] of Object.entries(actions)) byId(id).addEventListener("click", run);
    const buttons: HTMLElement[] = RATES.map((rate) => make("button", { text: `${rate === 0.25 ? "¼" : rate === 0.5 ? "½" : rate}×` }));
    buttons.forEach((button, k) => button.addEventListener("click", () => this.setRate(RATES[k]!, buttons)));
    byId("rates").append(...buttons);
    buttons.forEach((button, k) => press(button, RATES[k] === 1));
    const keys: Record<string, string> = { " ": "pause", g: "goal", p: "push", r: "view", t: "trace", Backspace: "reset" };
    document.addEventListener("keydown", (event) => {
      const id = keys[event.key];
      if (!id || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (event.key === " " && (event.target as Element).closest("button")) return;
      event.preventDefault();
      actions[id]!();
    });
    watchTone(byId<HTMLElement>("theme"), (now) => this.views?.tone(now));
    new ResizeObserver(() => {
      this.views?.resize();
      this.ticker.wake();
    }).observe(byId("stage"));
  }
}

new Player().start();
