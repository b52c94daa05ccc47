/**
 * The life of everything that is built from the configuration (the Collector's `component.Component`).
 *
 * `start` is called at most once, before any data; downstream components are started first. When it rejects, the service
 * shuts down again. `shutdown` is called after everything upstream has stopped, so nothing new arrives; it is safe when
 * `start` was never called or failed, and when called twice. It takes at most `deadline` and rejects only for defects:
 * what could not be finished in time is counted and logged.
 */
export interface Component {
  start(): Promise<void>;
  shutdown(deadline: Deadline): Promise<void>;
}

/** Until when a stop may take. `signal` aborts when the time is over or a second signal asks to stop at once. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Milliseconds left, never below 0. */
  remainingMs(): number;
}
