/** The little that is needed to work with the page's elements. */

/** The element with this id; a missing one is a mistake in the page's HTML. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found as unknown as T;
}

export interface Props {
  class?: string;
  text?: string;
  type?: string;
  title?: string;
  href?: string;
  onclick?: () => void;
}

/** A new element. Text is text, never HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K, props: Props = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class) element.className = props.class;
  if (props.text !== undefined) element.textContent = props.text;
  if (props.type) element.setAttribute("type", props.type);
  if (props.title) element.title = props.title;
  if (props.href) element.setAttribute("href", props.href);
  if (props.onclick) element.addEventListener("click", props.onclick);
  element.append(...children);
  return element;
}

/** Sets text only where it differs, so that nothing is laid out or read out in vain. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function press(button: Element, on: boolean): void {
  button.setAttribute("aria-pressed", String(on));
}

/** Remembered settings; a browser that forbids them only forgets. */
const YEAR = 365 * 86_400; // s

/** Keeps a choice in this browser: as a cookie, which all ports of a machine share, as each run has its own. */
export function remember(key: string, value: string): void {
  try {
    document.cookie = `${cookieOf(key)}=${encodeURIComponent(value)}; Path=/; Max-Age=${YEAR}; SameSite=Strict`;
    localStorage.setItem(`armchair.${key}`, value); // pages that are files have no cookies
  } catch {
    // private windows may refuse
  }
}

export function recall(key: string): string | null {
  try {
    const kept = document.cookie.split("; ").find((one) => one.startsWith(`${cookieOf(key)}=`));
    return kept ? decodeURIComponent(kept.slice(kept.indexOf("=") + 1)) : localStorage.getItem(`armchair.${key}`);
  } catch {
    return null;
  }
}

/** The name of a cookie: what may not stand in one is written by its number. */
function cookieOf(key: string): string {
  return `armchair.${encodeURIComponent(key).replace(/[()'!*~]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)}`;
}

/** The browser's storage, or null where it is forbidden. */
export function shelf(): Storage | null {
  try {
    localStorage.setItem("armchair.probe", "1");
    localStorage.removeItem("armchair.probe");
    return localStorage;
  } catch {
    return null;
  }
}
