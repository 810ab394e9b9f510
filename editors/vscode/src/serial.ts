/**
 * Does one piece of work at a time. What is asked for while it is being done is done once more at the end, however
 * often it was asked for: two quick changes of the interpreter must not leave two servers behind.
 */
export class Serial {
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;

  constructor(private readonly work: () => Promise<void>) {}

  /** Resolves when a piece of work that began after this call is over. */
  request(): Promise<void> {
    if (!this.running) {
      return this.begin();
    }
    this.queued ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.queued = undefined;
        return this.begin();
      });
    return this.queued;
  }

  private begin(): Promise<void> {
    const running = this.work().finally(() => {
      if (this.running === running) {
        this.running = undefined;
      }
    });
    this.running = running;
    return running;
  }
}
