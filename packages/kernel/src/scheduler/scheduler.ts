/**
 * Who runs next. A thread is with its scheduler from {@link add} on until {@link next} hands it out; the one that was
 * handed out runs, and comes back by {@link requeue}, or by {@link add} after it has waited.
 */
export interface Scheduler<Thread> {
  /** A thread can run: a new one, or one whose wait is over. It must not be here already (asserted). */
  add(thread: Thread): void;
  /** The one that ran could go on, and others shall have their turn. It must not be here already (asserted). */
  requeue(thread: Thread): void;
  /** Takes a thread out that has ended or waits. One that is not here is passed over. */
  remove(thread: Thread): void;
  /** The next to run, which is not here any more; `null` where there is none. */
  next(): Thread | null;
  /** How many are here: those that could run and do not. */
  readonly size: number;
}
