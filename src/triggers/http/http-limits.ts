/** What one client, or all together, may ask of this server. */
export interface HttpLimits {
  readonly bodyBytes: number;
  /** First line and headers of a request. */
  readonly headerBytes: number;
  readonly connections: number;
  readonly connectionsPerClient: number;
  readonly headersWithinMs: number;
  readonly requestWithinMs: number;
  /** A connection is kept so long for the next request. */
  readonly keptMs: number;
  readonly requests: { readonly most: number; readonly withinMs: number };
  readonly wrongTokens: { readonly most: number; readonly withinMs: number };
  /** How often a client's wrong tokens are told in the log. */
  readonly toldOfWrongTokens: { readonly most: number; readonly withinMs: number };
}

export const httpLimits: HttpLimits = {
  bodyBytes: 8 * 1024,
  headerBytes: 8 * 1024,
  connections: 64,
  connectionsPerClient: 16,
  headersWithinMs: 5_000,
  requestWithinMs: 10_000,
  keptMs: 2_000,
  requests: { most: 20, withinMs: 10_000 },
  wrongTokens: { most: 10, withinMs: 60_000 },
  toldOfWrongTokens: { most: 1, withinMs: 10 * 60_000 },
};
