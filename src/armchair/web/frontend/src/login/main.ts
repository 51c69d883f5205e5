/** The login page: takes the token from the link's fragment, which browsers never send, and hands it in. */

import { at } from "../base";
import { client, Refused } from "../api";
import { byId, setText } from "../ui/dom";

/** A token from what a person may paste: the whole link, or the token alone. */
export function tokenOf(text: string): string {
  const trimmed = text.trim();
  const hash = trimmed.lastIndexOf("#");
  return hash >= 0 ? trimmed.slice(hash + 1) : trimmed;
}

const WORDS: Record<number, { title: string; line: string }> = {
  401: {
    title: "This link does not work any more",
    line: "Links work once and for a limited time. Ask for a new one: the run’s owner can make it, and armchair prints one when it starts.",
  },
  429: { title: "Too many attempts", line: "Wait a minute, then try again." },
};

function tell(title: string, line: string, trouble: boolean): void {
  setText(byId("title"), title);
  setText(byId("line"), line);
  byId("card").dataset["trouble"] = String(trouble);
  byId("form").hidden = !trouble;
  byId("pulse").hidden = trouble;
}

const PLACES: Record<string, string> = { dashboard: at("/dashboard/"), answer: at("/dashboard/answer") };

/** The page that was asked for: where this one stands in its place, or the one that the link names. */
const wanted = location.pathname !== at("/login") ? location.pathname
  : PLACES[new URLSearchParams(location.search).get("to") ?? ""] ?? at("/");

async function signIn(token: string): Promise<void> {
  tell("Signing in", "One moment.", false);
  try {
    await client.post("/api/login", { token });
    location.replace(wanted);
  } catch (error) {
    const words = error instanceof Refused ? WORDS[error.status] : undefined;
    if (words) tell(words.title, words.line, true);
    else if (error instanceof Refused) tell("That did not work", error.message, true);
    else tell("The server cannot be reached", "Is armchair still running? Then try again.", true);
    byId("token").focus();
  }
}

function start(): void {
  const token = tokenOf(location.hash);
  history.replaceState(null, "", location.pathname); // the token shall not stay in the address bar or the history
  byId<HTMLFormElement>("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = tokenOf(byId<HTMLInputElement>("token").value);
    if (typed) void signIn(typed);
  });
  if (token) void signIn(token);
  else tell("Sign in", "Open the link that armchair printed when it started, or paste it here.", true);
}

start();
