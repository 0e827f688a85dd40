import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log, ProblemLog } from '../../problem-log.js';
import { asProblem, Problem } from '../../problems.js';
import { ClientLimit, clientOf } from './client-limit.js';
import type { HttpLimits } from './http-limits.js';
import type { HttpPages } from './page.js';
import { findByOldName, oldForm, readOldUrl } from './old-urls.js';
import { ourForm, send, type Reply, type ReplyForm } from './reply.js';
import { skipBody } from './request-body.js';
import { readTarget, type RequestTarget } from './request-target.js';
import { TokenCheck } from './token-check.js';
import { triggerActions, type TriggerAction } from './trigger-actions.js';
import { CameraDirectory, type TriggeredCamera } from './triggered-camera.js';

export interface RequestHandlerOptions {
  readonly token: string;
  readonly oldUrls: boolean;
  readonly cameras: readonly TriggeredCamera[];
  readonly pages: HttpPages;
  readonly limits: HttpLimits;
  readonly log: Log;
  readonly problems: ProblemLog;
  readonly now: () => number;
}

/** What is to happen as soon as the body was read. */
interface Order {
  readonly form: ReplyForm;
  readonly run: (client: string) => Reply;
}

type Decision = { readonly order: Order } | { readonly refused: Reply };

/**
 * GET is taken like POST, although it changes something, because many cameras can do nothing else: a page that a browser was lured to
 * does not know the token, so that a GET from there does as little as a POST.
 */
const methods: readonly string[] = ['GET', 'POST'];

/** From a request to its answer: limits, token, page or camera and action, in this order; who has no token learns nothing. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;
  readonly #cameras: CameraDirectory;
  readonly #token: TokenCheck;
  readonly #requests: ClientLimit;
  readonly #wrongTokens: ClientLimit;
  readonly #toldOfWrongTokens: ClientLimit;

  constructor(options: RequestHandlerOptions) {
    const { limits, now } = options;
    this.#options = options;
    this.#cameras = new CameraDirectory(options.cameras);
    this.#token = new TokenCheck(options.token);
    this.#requests = new ClientLimit({ ...limits.requests, now });
    this.#wrongTokens = new ClientLimit({ ...limits.wrongTokens, now });
    this.#toldOfWrongTokens = new ClientLimit({ ...limits.toldOfWrongTokens, now });
  }

  /** Answers in any case; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const client = clientOf(request);
      const decision = this.#decide(request, client);
      const reply = 'refused' in decision ? decision.refused : await this.#carryOut(decision.order, request, response, client);
      if (reply) {
        send(response, reply);
      }
    } catch (error) {
      this.#options.problems.tell(asProblem(error, 'http-request-failed'));
      response.destroy();
    }
  }

  #decide(request: IncomingMessage, client: string): Decision {
    const target = readTarget(request.url ?? '');
    const old = this.#options.oldUrls && target ? readOldUrl(target) : undefined;
    const form = old ? oldForm : ourForm;
    if (!this.#requests.take(client)) {
      return { refused: tooMany(form, this.#requests.waitMs(client)) };
    }
    if (old) {
      return this.#report(form, old.action, findByOldName(this.#cameras, old.name), noSuchCamera(form));
    }
    return this.#refusedToken(request, target, client) ?? this.#route(request, target);
  }

  #refusedToken({ headers }: IncomingMessage, target: RequestTarget | undefined, client: string): Decision | undefined {
    const waitMs = this.#wrongTokens.waitMs(client);
    if (waitMs > 0) {
      return { refused: tooMany(ourForm, waitMs) };
    }
    if (this.#token.allows(headers.authorization, target?.query ?? '')) {
      return undefined;
    }
    this.#wrongTokens.take(client);
    if (this.#toldOfWrongTokens.take(client)) {
      this.#options.log.warn(`HTTP: ${new Problem('http-wrong-token', `from ${client}`).line}`);
    }
    return { refused: ourForm.refused(401, 'The token is wrong or missing.', { headers: { 'WWW-Authenticate': 'Bearer' } }) };
  }

  #route({ method = '' }: IncomingMessage, target: RequestTarget | undefined): Decision {
    const path = target?.path ?? [];
    const { pages } = this.#options;
    const page = pages.get(path.join('/'));
    if (page) {
      return method === 'GET' ? { order: { form: ourForm, run: () => ({ status: 200, headers: { 'Content-Type': page.type }, body: page.body() }) } } : wrongMethod('Use GET.', ['GET']);
    }
    const [root, name = '', ...rest] = path;
    const action = triggerActions.get(rest.join('/'));
    if (root !== 'cameras' || !action) {
      const addresses = [...[...triggerActions.keys()].map((each) => `/cameras/<camera>/${each}`), ...[...pages.keys()].map((each) => `/${each}`)];
      return { refused: ourForm.refused(404, 'There is nothing under this address.', { details: { addresses } }) };
    }
    if (!methods.includes(method)) {
      return wrongMethod('Use POST or GET.', methods);
    }
    return this.#report(ourForm, action, this.#cameras.find(name), noSuchCamera(ourForm, this.#cameras.keys));
  }

  #report(form: ReplyForm, action: TriggerAction, camera: TriggeredCamera | undefined, unknown: Reply): Decision {
    if (!camera) {
      return { refused: unknown };
    }
    if (!camera[action.needs]) {
      return { refused: form.refused(409, action.otherwise) };
    }
    const run = (client: string): Reply => {
      const wasMoving = camera.events.moving;
      const result = action.run(camera.events);
      this.#options.log.debug(`${camera.name}: ${JSON.stringify(result)} by HTTP from ${client}.`);
      return form.done(camera, result, wasMoving);
    };
    return { order: { form, run } };
  }

  /** @returns undefined where nobody waits for an answer any more. */
  async #carryOut({ form, run }: Order, request: IncomingMessage, response: ServerResponse, client: string): Promise<Reply | undefined> {
    const { limits } = this.#options;
    switch (await skipBody(request, response, limits.bodyBytes)) {
      case 'broken off':
        return undefined;
      case 'too large':
        return form.refused(413, `The body is larger than ${limits.bodyBytes} bytes; none is needed.`);
      case 'read':
        return run(client);
    }
  }
}

function wrongMethod(why: string, allowed: readonly string[]): Decision {
  return { refused: ourForm.refused(405, why, { headers: { Allow: allowed.join(', ') } }) };
}

function noSuchCamera(form: ReplyForm, keys?: readonly string[]): Reply {
  return form.refused(404, 'No camera has this name.', keys && { details: { cameras: keys } });
}

function tooMany(form: ReplyForm, waitMs: number): Reply {
  return form.refused(429, 'Too many requests.', { headers: { 'Retry-After': String(Math.max(Math.ceil(waitMs / 1000), 1)) } });
}
