/** The labelling page: keys, buttons and fingers, and what they do. */

import { at } from "../base";
import { client, Refused } from "../api";
import type { Choice, State, Strength } from "../contract";
import { byId } from "../ui/dom";
import { listen } from "../ui/gestures";
import { leadHome } from "../ui/home";
import { closePopup, popup } from "../ui/popup";
import { StateCard } from "../ui/states";
import { watchTone } from "../ui/tone";
import { App } from "./app";
import { actionOf, belongsTo, type Action } from "./keys";

const RETRY = 2000; // ms
const EXCLUDED_RETRY = 10_000; // ms; the owner may include them again

async function open(): Promise<void> {
  try {
    const state = await client.get<State>("/api/state");
    leadHome(document.querySelector(".brand"), state.runs_at);
    const app = new App(client, state);
    connect(app);
    app.start();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) location.replace(at("/login"));
    else if (error instanceof Refused && error.code === "excluded") {
      tell("Your answers are set aside", "The run’s owner has decided to go on without them. Ask them if that surprises you.", false);
      setTimeout(() => void open(), EXCLUDED_RETRY);
    } else if (error instanceof Refused && error.status < 500) tell("The page cannot be opened", error.message, false);
    else {
      tell("The server cannot be reached", "The page tries again by itself.", true);
      setTimeout(() => void open(), RETRY);
    }
  }
}

function tell(title: string, line: string, busy: boolean): void {
  new StateCard(byId("state")).show({ title, lines: [line], busy });
}

function connect(app: App): void {
  watchTone(byId<HTMLElement>("theme"), (tone) => app.screen.scene?.tone(tone));
  document.addEventListener("keydown", (event) => {
    if (belongsTo(event.target, event.key)) return;
    const action = actionOf(event);
    if (!action || document.querySelector("dialog[open]")) return; // Escape closes a dialog if nobody takes it
    event.preventDefault();
    if (closePopup()) return;
    act(app, action, event.timeStamp);
  });
  document.querySelector("main")?.addEventListener("mousedown", (event) => {
    if ((event.target as Element).closest("button")) event.preventDefault(); // a click takes no focus: space still pauses
  });
  for (const button of document.querySelectorAll<HTMLElement>("[data-choice]")) {
    button.addEventListener("click", (event) =>
      app.answer(button.dataset["choice"] as Choice, event.shiftKey, event.timeStamp));
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-strength]")) {
    button.addEventListener("click", () => app.strength(Number(button.dataset["strength"]) as Strength));
  }
  listen(byId("surface"), {
    pick: (side) => app.answer(side, false, performance.now()),
    hint: (side) => {
      byId("pane-left").classList.toggle("pick", side === "left");
      byId("pane-right").classList.toggle("pick", side === "right");
    },
  });
  byId("undo").addEventListener("click", () => app.undo());
  byId("skip").addEventListener("click", () => app.skip());
  byId("other-view").addEventListener("click", () => app.screen.exchange());
  byId("open-history").addEventListener("click", () => app.history.open());
  byId("open-guide").addEventListener("click", () => app.guide.open());
  connectMenu(app);
}

function act(app: App, action: Action, pressed: number): void {
  switch (action.do) {
    case "answer": return app.answer(action.choice, action.much, pressed);
    case "strength": return app.strength(action.strength);
    case "turn": return app.screen.turn(action.sideways, action.upwards, action.distance);
    case "nudge": return app.transport.nudge(action.by);
    case "rate": return app.transport.faster(action.by);
    case "skip": return app.skip();
    case "undo": return app.undo();
    case "pause": return app.transport.toggle();
    case "swap": return app.transport.swap();
    case "ghost": return app.transport.ghost();
    case "trace": return app.transport.trace();
    case "view": return app.screen.resetView();
    case "exchange": return app.screen.exchange();
    case "help": return app.guide.open();
    case "history": return app.history.open();
    case "change": return app.standing.change.toggle();
    case "close": return app.standing.change.close() ? undefined : void app.review.close();
  }
}

function connectMenu(app: App): void {
  const menu = byId("menu");
  popup(byId("open-menu"), menu, (open) => { menu.hidden = !open; });
  byId("open-wishes").addEventListener("click", () => { closePopup(); void app.wishes.open(); });
  byId("open-understood").addEventListener("click", () => { closePopup(); void app.understanding.open(); });
  byId("sign-out").addEventListener("click", () => {
    void client.post("/api/logout", {}).catch(() => undefined).then(() => location.assign(at("/login")));
  });
}

void open();
