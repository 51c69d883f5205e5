/** What opens under a button: the menu, the progress in full, the further controls on a phone.

While one is open, the page under it takes no click and no key: either closes it, and does nothing else.
*/

import { make } from "./dom";

let closeOpen: (() => void) | null = null;

/** Closes what is open. -> whether something was. */
export function closePopup(): boolean {
  const close = closeOpen;
  close?.();
  return close !== null;
}

/** Has a button open and close a panel. show: puts the panel on the screen or away. */
export function popup(button: HTMLElement, panel: HTMLElement, show: (open: boolean) => void): void {
  const cover = make("div", { class: "cover", onclick: () => closePopup() });
  const close = (): void => {
    closeOpen = null;
    if (panel.contains(document.activeElement)) button.focus();
    show(false);
    cover.remove();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("keydown", onkey, true);
  };
  const open = (): void => {
    closePopup();
    closeOpen = close;
    document.body.append(cover);
    show(true);
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("keydown", onkey, true);
  };
  const onkey = (event: KeyboardEvent): void => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (way && (panel.contains(event.target as Node) || event.target === button)) {
      event.preventDefault();
      event.stopPropagation();
      step(panel, way);
    }
  };
  panel.addEventListener("focusout", (event) => {
    const next = event.relatedTarget;
    if (next instanceof Node && next !== button && !panel.contains(next)) closePopup();
  });
  button.addEventListener("click", () => (closeOpen === close ? close() : open()));
}

/** Moves the focus to the next of the panel's buttons and links, and round. */
function step(panel: HTMLElement, way: number): void {
  const stops = [...panel.querySelectorAll<HTMLElement>("a[href], button")].filter((stop) => stop.offsetParent);
  const at = stops.indexOf(document.activeElement as HTMLElement);
  stops.at(at < 0 && way < 0 ? -1 : (at + way) % Math.max(1, stops.length))?.focus();
}

/** While a panel is shown, a press beside it closes it and does nothing else; buttons and fields do what they always do. */
export function closesBeside(panel: HTMLElement, close: () => void): void {
  document.addEventListener("pointerdown", (event) => {
    const target = event.target as Element;
    if (panel.hidden || panel.contains(target) || target.closest("button, a, input, select, label, dialog, .cover")) return;
    event.preventDefault();
    event.stopPropagation(); // or the clip under the pointer would take it for an answer
    close();
  }, true);
}

/** Has a click beside a dialog close it; the padding within is not beside it. */
export function closesOutside(dialog: HTMLDialogElement): void {
  dialog.addEventListener("click", (event) => {
    const box = dialog.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    const inside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    if (event.target === dialog && !inside) dialog.close();
  });
}
