/** Clicking, tapping and swiping on the clips. Drags of the mouse and two fingers turn the view instead. */

export type Side = "left" | "right";

export interface Gestures {
  pick(side: Side): void;
  /** While a finger or pointer promises a choice; null when it no longer does. */
  hint(side: Side | null): void;
}

const TAP_WAY = 7; // CSS pixels that a pointer may shake
const TAP_TIME = 450; // ms
const SWIPE_WAY = 56;
const SWIPE_SLOPE = 1.6; // a swipe is that much wider than high

export interface Track {
  dx: number;
  dy: number;
  ms: number;
  touch: boolean;
  fingers: number;
  at: number; // where it began, 0 left edge to 1 right edge
}

/** Which side a finished movement chose, if any. */
export function sideOf(track: Track): Side | null {
  if (track.fingers > 1) return null;
  const way = Math.hypot(track.dx, track.dy);
  if (way <= TAP_WAY && track.ms <= TAP_TIME) return track.at < 0.5 ? "left" : "right";
  return track.touch ? swipeOf(track.dx, track.dy) : null;
}

export function swipeOf(dx: number, dy: number): Side | null {
  if (Math.abs(dx) < SWIPE_WAY || Math.abs(dx) < SWIPE_SLOPE * Math.abs(dy)) return null;
  return dx < 0 ? "left" : "right";
}

interface Start {
  x: number;
  y: number;
  time: number;
}

export function listen(surface: HTMLElement, told: Gestures): void {
  const down = new Map<number, Start>();
  let fingers = 0; // the most that were down at once
  // Chromium may take a swipe for a fling, and lets the tap that follows only stop that
  surface.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (!down.size) fingers = 0;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY, time: event.timeStamp });
    fingers = Math.max(fingers, down.size);
    if (fingers > 1) told.hint(null);
  });
  surface.addEventListener("pointermove", (event) => {
    const start = down.get(event.pointerId);
    if (!start) return;
    const dx = event.clientX - start.x;
    const dy = event.clientY - start.y;
    surface.classList.toggle("dragging", Math.hypot(dx, dy) > TAP_WAY);
    if (event.pointerType === "touch" && fingers === 1) told.hint(swipeOf(dx, dy));
  });
  const end = (event: PointerEvent, counts: boolean): void => {
    const start = down.get(event.pointerId);
    down.delete(event.pointerId);
    surface.classList.remove("dragging");
    told.hint(null);
    if (!start || !counts || down.size) return;
    const box = surface.getBoundingClientRect();
    const side = sideOf({
      dx: event.clientX - start.x,
      dy: event.clientY - start.y,
      ms: event.timeStamp - start.time,
      touch: event.pointerType === "touch",
      fingers,
      at: (start.x - box.left) / box.width,
    });
    if (side) told.pick(side);
  };
  surface.addEventListener("pointerup", (event) => end(event, true));
  surface.addEventListener("pointercancel", (event) => end(event, false));
}
