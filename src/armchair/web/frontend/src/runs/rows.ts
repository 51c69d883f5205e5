/** The runs, a row each, drawn anew in place so that focus stays where it is. */

import { make, setText } from "../ui/dom";
import type { Run } from "./contract";
import { agoWords, mood, openWords, progressWords, stateWords, successWords, teachOnWords } from "./words";

export interface Acts {
  open(run: Run, page: "label" | "dashboard"): void;
  teachOn(run: Run): void;
  stop(run: Run): void;
  wish(run: Run): void;
}

/** What somebody has set going for a run, until its state has changed. */
export type Pending = "opening" | "starting" | "stopping";

const PENDING: Record<Pending, string> = {
  opening: "Opening its page", starting: "Starting its trainer", stopping: "Stopping at a checkpoint",
};

class Row {
  readonly element = make("li", { class: "run" });
  private readonly name = make("h2");
  private readonly task = make("span", { class: "task" });
  private readonly question = make("p", { class: "asked" });
  private readonly state = make("span", { class: "mood" });
  private readonly words = make("span");
  private readonly facts = make("span", { class: "facts" });
  private readonly bar = make("span", { class: "bar" });
  private readonly part = make("i");
  private readonly detail = make("p", { class: "detail" });
  private readonly trouble = make("p", { class: "trouble" });
  private readonly main: HTMLButtonElement;
  private readonly on: HTMLButtonElement;
  private readonly dashboard: HTMLButtonElement;
  private readonly end: HTMLButtonElement;
  private readonly wish: HTMLButtonElement;
  private run: Run;

  constructor(run: Run, acts: Acts) {
    this.run = run;
    const button = (text: string, act: () => void): HTMLButtonElement => make("button", { class: "plain", text, type: "button", onclick: act });
    this.main = button("Open", () => acts.open(this.run, "label"));
    this.on = button("Teach on", () => acts.teachOn(this.run));
    this.dashboard = button("Dashboard", () => acts.open(this.run, "dashboard"));
    this.end = button("Stop", () => acts.stop(this.run));
    this.wish = button("Teach a wish", () => acts.wish(this.run));
    this.trouble.setAttribute("role", "alert");
    this.bar.append(this.part);
    this.state.append(make("span", { class: "dot" }), this.words);
    this.element.dataset["run"] = run.name;
    const about = make("div", { class: "about" },
      make("div", { class: "title" }, this.name, this.task), this.question,
      make("p", { class: "standing" }, this.state, this.bar, this.facts), this.detail, this.trouble);
    this.element.append(about, make("div", { class: "acts" }, this.main, this.on, this.wish, this.dashboard, this.end));
  }

  draw(run: Run, pending: Pending | undefined, trouble: string | undefined): void {
    this.run = run;
    this.element.dataset["state"] = run.state;
    this.state.dataset["mood"] = pending ? "busy" : mood(run);
    setText(this.name, run.name);
    setText(this.task, run.task.replace(/_/g, " "));
    setText(this.question, run.question);
    setText(this.words, pending ? PENDING[pending] : stateWords(run));
    const facts = [progressWords(run), successWords(run), run.state === "broken" ? "" : agoWords(run.active, Date.now() / 1000)];
    setText(this.facts, facts.filter(Boolean).join(" · "));
    this.bar.hidden = !run.budget || run.state === "broken";
    this.part.style.width = `${run.budget ? Math.min(100, (100 * run.answers) / run.budget) : 0}%`;
    setText(this.detail, run.detail);
    setText(this.trouble, trouble ?? "");
    this.question.hidden = !run.question;
    this.detail.hidden = !run.detail;
    this.trouble.hidden = !trouble;
    this.buttons(run, pending !== undefined);
  }

  private buttons(run: Run, pending: boolean): void {
    const lead = run.can_teach_on ? this.on : run.can_wish ? this.wish : this.main;
    for (const button of [this.main, this.on, this.wish, this.dashboard, this.end]) {
      button.className = button === lead ? "primary" : "plain";
      button.disabled = pending;
    }
    setText(this.main, openWords(run));
    setText(this.on, teachOnWords(run));
    this.main.hidden = this.dashboard.hidden = !run.can_open;
    this.on.hidden = !run.can_teach_on;
    this.end.hidden = !run.can_stop;
    this.wish.hidden = !run.can_wish;
    for (const button of [this.main, this.on, this.wish, this.dashboard, this.end]) button.setAttribute("aria-label", `${button.textContent}: ${run.name}`);
  }
}

export class Rows {
  private readonly rows = new Map<string, Row>();

  constructor(private readonly list: HTMLElement, private readonly acts: Acts) {}

  draw(runs: Run[], pending: ReadonlyMap<string, Pending>, troubles: ReadonlyMap<string, string>): void {
    const gone = new Set(this.rows.keys());
    runs.forEach((run, at) => {
      gone.delete(run.name);
      let row = this.rows.get(run.name);
      if (!row) this.rows.set(run.name, row = new Row(run, this.acts));
      row.draw(run, pending.get(run.name), troubles.get(run.name));
      if (this.list.children[at] !== row.element) this.list.insertBefore(row.element, this.list.children[at] ?? null);
    });
    for (const name of gone) {
      this.rows.get(name)?.element.remove();
      this.rows.delete(name);
    }
  }

  /** Shows where a new run has come in. */
  greet(name: string): void {
    const row = this.rows.get(name);
    if (!row) return;
    row.element.classList.add("fresh");
    row.element.scrollIntoView({ block: "nearest" });
    row.element.querySelector("button")?.focus();
  }
}
