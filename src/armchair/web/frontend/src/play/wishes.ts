/** A slider for each wish of the policy: it moves the arm at once; the owner may have the place kept. */

import { make, setText } from "../ui/dom";
import { along, sameWeights, spotWords, wishName, type CurveRow, type Weights } from "./curve";
import { plot } from "./plot";

/** What is told of wishes when the view opens; nothing of a policy without any. */
export interface Wishes {
  owner?: boolean;
  wishes?: { name: string; question: string }[];
  curve?: CurveRow[];
  weights?: Weights;
  chosen?: Weights;
}

const PAUSE = 100; // ms between two messages of a slider that is being moved
const USUAL = 290; // px, a plot's width where the page is not laid out
const OWN = 1000; // ms after a move in which what the server tells does not move the slider back

interface Row {
  name: string;
  slider: HTMLInputElement;
  figure: HTMLElement;
  value: HTMLElement;
  words: HTMLElement;
}

export class WishPanel {
  private curve: CurveRow[] = [];
  private weights: Weights = {};
  private chosen: Weights = {};
  private rows: Row[] = [];
  private moved = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waiting = false;
  private readonly use = make("button", { class: "primary", text: "Use this" });
  private readonly back = make("button", { class: "plain", text: "Back" });
  private readonly said = make("p", { class: "said" });

  /** send: a wish of the person's. */
  constructor(private readonly root: HTMLElement, private readonly send: (what: "weights" | "choose", weights: Weights) => void) {
    this.use.addEventListener("click", () => this.choose());
    this.back.addEventListener("click", () => this.away && this.move(this.chosen));
    this.said.setAttribute("role", "status");
    new ResizeObserver(() => this.draw()).observe(root);
  }

  /** The view has opened, or opens again. */
  meet(told: Wishes): void {
    const wishes = told.wishes ?? [];
    this.root.hidden = !wishes.length;
    this.curve = told.curve ?? [];
    this.weights = { ...told.weights };
    this.chosen = { ...told.chosen };
    this.rows = wishes.map(({ name }) => this.row(name));
    this.root.replaceChildren(
      ...this.rows.map((row, k) => this.block(row, wishes[k]!.question)),
      make("div", { class: "choice" }, this.said, ...(told.owner ? [this.use, this.back] : [])),
    );
    this.say("");
    this.draw();
  }

  /** How it goes now. */
  hear(told: Wishes, now = performance.now()): void {
    if (!this.rows.length) return;
    const chosen = told.chosen ?? this.chosen;
    const weights = told.weights && now - this.moved > OWN ? told.weights : this.weights;
    if (sameWeights(chosen, this.chosen) && sameWeights(weights, this.weights)) return;
    this.chosen = { ...chosen };
    this.weights = { ...weights };
    this.draw();
  }

  /** The weights that the owner asked for are kept. */
  kept(weights: Weights): void {
    this.chosen = { ...this.chosen, ...weights };
    this.draw();
    this.say("Kept: play, evaluate and export take it from now on.");
  }

  /** Something that was asked for could not be. */
  refused(why: string): void {
    this.draw();
    this.say(why);
  }

  private row(name: string): Row {
    const slider = make("input", { type: "range" });
    Object.assign(slider, { min: "0", max: "1", step: "0.01" });
    slider.setAttribute("aria-label", `How much: ${wishName(name)}`);
    slider.addEventListener("input", () => this.move({ [name]: Number(slider.value) }));
    return { name, slider, figure: make("div", { class: "figure" }), value: make("output"), words: make("p", { class: "words" }) };
  }

  private block(row: Row, question: string): HTMLElement {
    const head = make("div", { class: "head" }, make("h2", { text: wishName(row.name) }), row.value);
    const ends = make("div", { class: "ends" }, make("span", { text: "not at all" }), make("span", { text: "as much as it can" }));
    const asked = make("p", { class: "soft question", text: question });
    return make("div", { class: "wish" }, head, asked, row.figure, row.slider, ends, row.words);
  }

  /** Somebody moves a slider. */
  private move(weights: Weights): void {
    this.weights = { ...this.weights, ...weights };
    this.moved = performance.now();
    this.say("");
    this.draw();
    if (this.timer !== undefined) {
      this.waiting = true;
      return;
    }
    this.send("weights", this.weights);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.waiting) {
        this.waiting = false;
        this.move({});
      }
    }, PAUSE);
  }

  private choose(): void {
    if (this.away) this.send("choose", this.weights);
  }

  /** Whether the sliders are elsewhere than what the run uses. */
  private get away(): boolean {
    return !sameWeights(this.weights, this.chosen);
  }

  private say(text: string): void {
    setText(this.said, text || (!this.away ? "This is what the run uses." : `The run uses ${this.rows.map(({ name }) => this.shown(this.chosen, name)).join(", ")}.`));
  }

  private shown(weights: Weights, name: string): string {
    const value = (weights[name] ?? 0).toFixed(2);
    return this.rows.length > 1 ? `${wishName(name)} ${value}` : value;
  }

  private draw(): void {
    for (const { name, slider, figure, value, words } of this.rows) {
      const now = this.weights[name] ?? 0;
      const spots = along(this.curve, name, this.weights);
      const told = spotWords(spots, now);
      slider.value = String(now);
      slider.setAttribute("aria-valuetext", [now.toFixed(2), told].filter(Boolean).join(": "));
      setText(value, now.toFixed(2));
      setText(words, told ? told[0]!.toUpperCase() + told.slice(1) : "");
      figure.hidden = spots.length < 2;
      figure.parentElement?.classList.toggle("bare", figure.hidden);
      if (spots.length > 1) figure.replaceChildren(plot(spots, now, this.chosen[name] ?? 0, figure.clientWidth || USUAL));
    }
    // not `disabled`: the button that was pressed must keep the focus
    for (const button of [this.use, this.back]) button.setAttribute("aria-disabled", String(!this.away));
    this.say("");
  }
}
