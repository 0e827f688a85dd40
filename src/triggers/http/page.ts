/** Something to be read by HTTP. */
export interface HttpPage {
  /** As `Content-Type` has it. */
  readonly type: string;
  /** As it is now. */
  readonly body: () => string;
}

/** By path, without the slash at the beginning: 'status'. */
export type HttpPages = ReadonlyMap<string, HttpPage>;
