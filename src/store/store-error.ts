/** Why what was kept cannot be read, or what must be kept cannot be written. */

/** The operator's to put right: `message` says in plain words what is wrong with which file, `hint` what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
