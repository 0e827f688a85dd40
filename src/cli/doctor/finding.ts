/** What a check has to say about one thing. */
export interface Finding {
  /** 'warning': it works, and could be better, or nobody can tell. */
  readonly state: 'ok' | 'warning' | 'problem';
  /** What was seen, in a line; carries no secret. */
  readonly seen: string;
  /** What to do. */
  readonly remedy?: string | undefined;
}

export const ok = (seen: string): Finding => ({ state: 'ok', seen });
export const warning = (seen: string, remedy?: string): Finding => ({ state: 'warning', seen, remedy });
export const problem = (seen: string, remedy?: string): Finding => ({ state: 'problem', seen, remedy });
