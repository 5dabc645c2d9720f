/** Work that belongs to a frame. Hidden tabs paint none, so a timer stands in for them. */

const LATE = 100;

export function nextFrame(work: () => void): void {
  let isDone = false;
  const run = (): void => {
    if (isDone) return;
    isDone = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    work();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, LATE);
}

/** Work that nobody waits for: when what has been asked for is painted, and two seconds later at the latest. */
export function whenIdle(work: () => void): void {
  // Safari has no such callback.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: 2_000 });
  else setTimeout(work, LATE);
}
