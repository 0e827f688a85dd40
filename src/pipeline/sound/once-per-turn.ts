/** Calls `work` once after any number of calls in the same turn of the event loop: packets come in bunches, and go on together. */
export function oncePerTurn(work: () => void): () => void {
  let due = false;
  return () => {
    if (!due) {
      due = true;
      queueMicrotask(() => {
        due = false;
        work();
      });
    }
  };
}
