/** A wish on top of a finished skill: its question, a look at what the skill does, over which time one judges. */

import { at } from "../base";
import { client, Refused } from "../api";
import { Clips } from "../label/clips";
import { hasWebGL } from "../player/views";
import { parseScene, type SceneAsset } from "../scene/asset";
import { Duo } from "../standing/duo";
import { byId, make, setText } from "../ui/dom";
import { watchTone } from "../ui/tone";
import type { NewWish, Skill, Time } from "./contract";
import { aboutPairs, hints, questionTrouble, timeWords } from "./words";

const PATIENCE = 150_000; // ms; a trainer checks its settings, and a busy machine loads it slowly
const AWAY = "The server cannot be reached. Is armchair still running?";

class App {
  private readonly name = new URLSearchParams(location.search).get("run") ?? "";
  private readonly where = `/api/runs/${encodeURIComponent(this.name)}`;
  private readonly question = byId<HTMLInputElement>("question");
  private readonly begin = byId<HTMLButtonElement>("begin");
  private readonly clips = new Clips(client, hasWebGL());
  private skill: Skill | null = null;
  private asset: SceneAsset | null = null;
  private duo: Duo | null = null;
  private at = 0;
  private busy = false;

  async start(): Promise<void> {
    watchTone(byId<HTMLElement>("theme"), () => void this.show(0));
    byId("form").addEventListener("submit", (event) => { event.preventDefault(); void this.send(); });
    byId("previous").addEventListener("click", () => void this.show(-1));
    byId("next").addEventListener("click", () => void this.show(1));
    this.question.addEventListener("input", () => this.asked());
    setText(byId("skill"), this.name || "a finished skill");
    try {
      this.draw(await client.get<Skill>(`${this.where}/skill`));
    } catch (error) {
      if (error instanceof Refused && error.status === 401) location.replace(at("/login"));
      else this.away(error instanceof Refused ? error.message : AWAY);
    }
  }

  private draw(skill: Skill): void {
    this.skill = skill;
    document.title = `armchair: teach a wish on ${skill.name}`;
    byId("form").hidden = false;
    setText(byId("about-pairs"), aboutPairs(skill.pairs.length));
    byId("theatre").hidden = !skill.pairs.length;
    byId("hints").append(...hints(skill.task).map((text) => make("button", { class: "hint", type: "button", text, onclick: () => this.take(text) })));
    byId("times").replaceChildren(...skill.judged.map((one) => {
      const { title, about, cost } = timeWords(one);
      const input = make("input", { type: "radio" });
      input.name = "clip";
      input.value = one.clip;
      input.checked = one.clip === "usual";
      return make("label", { class: "preset" }, input, make("b", { text: title }), make("span", { text: about }), make("span", { class: "cost", text: cost }));
    }));
    this.asked();
    this.question.focus({ preventScroll: true });
    void this.watch();
  }

  /** The skill's clips, where they can be seen here. */
  private async watch(): Promise<void> {
    if (!this.skill?.pairs.length) return;
    try {
      if (this.skill.scene && this.clips.draws3d) this.asset = parseScene(await client.bytes(`${this.where}/scene`));
      await this.show(0);
    } catch (error) {
      this.unseen(error);
    }
  }

  private async show(by: number): Promise<void> {
    const pairs = this.skill?.pairs ?? [];
    const count = pairs.length;
    if (!count) return;
    this.at = (this.at + by + count) % count;
    setText(byId("which"), `Pair ${this.at + 1} of ${count}`);
    const before = this.duo;
    const duo = this.duo = new Duo(["Left", "Right"], this.clips, { asset: this.asset, dt: this.skill?.control_dt ?? 0.05 });
    byId("place").replaceChildren(duo.stage);
    before?.destroy();
    try {
      await duo.play(pairs[this.at]!);
    } catch (error) {
      this.unseen(error);
    }
  }

  private unseen(error: unknown): void {
    byId("theatre").hidden = true;
    setText(byId("about-pairs"), `Its clips cannot be shown here: ${error instanceof Error ? error.message : AWAY}. You can start all the same.`);
  }

  private take(text: string): void {
    this.question.value = text;
    this.asked();
    this.question.focus();
  }

  private asked(): void {
    setText(byId("asked"), this.question.value.trim() || "Your question stands here.");
    byId("asked").classList.toggle("soft", !this.question.value.trim());
  }

  private async send(): Promise<void> {
    if (this.busy || !this.skill) return;
    const wrong = questionTrouble(this.question.value);
    this.tell(wrong);
    if (wrong) return this.question.focus();
    const clip = (document.querySelector<HTMLInputElement>("#times input:checked")?.value ?? "usual") as Time;
    const wanted: NewWish = { question: this.question.value, clip };
    this.working(true);
    try {
      const { name } = await client.post<{ name: string }>(`${this.where}/wish`, wanted, PATIENCE);
      location.assign(`${at("/")}#${encodeURIComponent(name)}`);
    } catch (error) {
      this.tell(error instanceof Refused ? error.message : AWAY);
      this.working(false);
    }
  }

  private working(on: boolean): void {
    this.busy = this.begin.disabled = on;
    setText(this.begin, on ? "Starting …" : "Start");
  }

  private tell(text: string): void {
    setText(byId("trouble"), text);
    byId("trouble").hidden = text === "";
  }

  private away(text: string): void {
    setText(byId("away"), text);
    byId("away").hidden = false;
  }
}

void new App().start();
