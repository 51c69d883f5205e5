/** The form for a new run. The command line checks what is sent, so a mistake comes back in its words. */

import { client, Refused } from "../api";
import { byId, make, setText } from "../ui/dom";
import type { NewRun, Preset } from "./contract";
import { presetWords, sorted } from "./words";

const PATIENCE = 150_000; // ms; a trainer checks its settings, and a busy machine loads it slowly

export class Form {
  private readonly form = byId<HTMLFormElement>("new");
  private readonly choices = byId("presets");
  private readonly labels = byId<HTMLInputElement>("labels");
  private readonly question = byId<HTMLInputElement>("wish");
  private readonly seed = byId<HTMLInputElement>("seed");
  private readonly begin = byId<HTMLButtonElement>("begin");
  private presets: Preset[] = [];
  private busy = false;

  /** begun: is told the name of a run that has begun. */
  constructor(private readonly begun: (name: string) => void) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.choices.addEventListener("change", () => this.fill());
    byId("variant").addEventListener("change", () => this.fill());
  }

  async load(): Promise<void> {
    try {
      const { presets } = await client.get<{ presets: Preset[] }>("/api/presets");
      this.presets = presets;
      this.draw();
      this.tell("");
    } catch (error) {
      if (error instanceof Refused && error.status < 500) this.tell(error.message);
      else setTimeout(() => void this.load(), 2000);
    }
  }

  show(open: boolean): void {
    this.form.hidden = !open;
    if (open) this.choices.querySelector<HTMLInputElement>("input:checked")?.focus();
  }

  get open(): boolean {
    return !this.form.hidden;
  }

  private draw(): void {
    const { main, variants } = sorted(this.presets);
    this.choices.replaceChildren(...main.map((preset, at) => choice(preset, at === 0)));
    const none = make("option", { text: "none" });
    none.value = "";
    byId("variant").replaceChildren(none, ...variants.map((preset) => {
      const option = make("option", { text: preset.name.replace(/_/g, " ") });
      option.value = preset.name;
      return option;
    }));
    this.begin.disabled = false;
    this.fill();
  }

  private get chosen(): Preset | undefined {
    const variant = byId<HTMLSelectElement>("variant").value;
    const name = variant || this.choices.querySelector<HTMLInputElement>("input:checked")?.value;
    return this.presets.find((preset) => preset.name === name);
  }

  /** What is left empty is as the preset has it, so that is what the fields show in grey. */
  private fill(): void {
    const preset = this.chosen;
    if (!preset) return;
    this.labels.placeholder = String(preset.labels);
    this.question.placeholder = preset.question;
    const variant = byId<HTMLSelectElement>("variant").value;
    setText(byId("variant-about"), variant ? presetWords(preset).about : "");
    this.choices.classList.toggle("overruled", variant !== "");
  }

  private async send(): Promise<void> {
    const preset = this.chosen;
    if (!preset || this.busy) return;
    const labels = number(this.labels, "Answers");
    const seed = number(this.seed, "Seed");
    const wrong = [labels, seed].find((value) => typeof value === "string");
    if (typeof wrong === "string") return this.tell(wrong);
    const wanted: NewRun = { preset: preset.name, labels: labels as number | null, seed: seed as number | null, question: this.question.value };
    this.tell("");
    this.working(true);
    try {
      const { name } = await client.post<{ name: string }>("/api/runs", wanted, PATIENCE);
      this.question.value = this.labels.value = this.seed.value = "";
      this.show(false);
      this.begun(name);
    } catch (error) {
      this.tell(error instanceof Refused ? error.message : "The server cannot be reached. Is armchair still running?");
    } finally {
      this.working(false);
    }
  }

  private working(on: boolean): void {
    this.busy = this.begin.disabled = on;
    setText(this.begin, on ? "Starting …" : "Start");
    byId("begin-note").hidden = !on;
  }

  private tell(text: string): void {
    setText(byId("trouble"), text);
    byId("trouble").hidden = text === "";
  }
}

function choice(preset: Preset, checked: boolean): HTMLElement {
  const { title, about } = presetWords(preset);
  const input = make("input", { type: "radio" });
  input.name = "preset";
  input.value = preset.name;
  input.checked = checked;
  return make("label", { class: "preset" }, input, make("b", { text: title }), make("span", { text: about }),
    make("span", { class: "cost", text: `about ${preset.labels} answers` }));
}

/** A whole number, null for an empty field, or what is wrong. */
function number(input: HTMLInputElement, name: string): number | null | string {
  const text = input.value.trim();
  if (text === "") return null;
  return /^-?\d{1,9}$/.test(text) ? Number(text) : `${name} is a whole number, not “${text}”.`;
}
