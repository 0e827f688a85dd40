import type { Refusal, RunningConversion, ConversionCaps } from '../policy/allowed-choice.js';
import type { LiveLimits } from '../policy/live-request.js';
import type { ConvertedViews, LadderState } from '../policy/load-ladder.js';
import { renditionKey } from '../policy/rendition-choice.js';
import { Problem } from '../problems.js';

/** A live view, as far as it takes of what all share. */
export interface BudgetedView {
  readonly sinceMs: number;
  /** What is converted for it now, or will be as soon as it is there. */
  readonly conversion: RunningConversion | undefined;
  /** What would be converted for it if nothing were limited; undefined where its picture is copied. */
  readonly wanted: { readonly fps: number; readonly height: number } | undefined;
  /** It shows something else than what it wants, as nothing new may be converted. */
  readonly refused: boolean;
  /** What it was granted when it chose last, as it would be without the ladder's caps; undefined where it has nothing converted of its own choice. */
  readonly granted: RunningConversion | undefined;
  /** What it may take has changed: it chooses anew. `why` completes ", <why>". */
  reconsider(why: string): void;
}

export interface HouseLimits extends LiveLimits {
  /** Views and recordings that are converted at the same time; undefined: any number. */
  readonly maxTranscodes?: number | undefined;
  /** Views at the same time; undefined: any number. */
  readonly maxStreams?: number | undefined;
}

const unlimited: LadderState = { analysis: 'full', refusing: undefined, views: new Map() };

/** What the live views of all cameras may take of the machine, by the user's limits and by the load. */
export class HouseBudget {
  readonly limits: HouseLimits;
  readonly #recordings: () => number;
  readonly #onMistake: (error: unknown) => void;
  readonly #cameras = new Map<string, CameraBudget>();
  #ladder = unlimited;
  #memoryRefusal: string | undefined;
  #places = 0;

  /** @param recordings that are being converted now @param onMistake told where a view fails to follow; the others do. */
  constructor(limits: HouseLimits, recordings: () => number, onMistake: (error: unknown) => void = () => undefined) {
    this.limits = limits;
    this.#recordings = recordings;
    this.#onMistake = onMistake;
  }

  /** What the views of one camera may take. @param name as the camera is called at home. */
  camera(name: string): CameraBudget {
    const budget = this.#cameras.get(name) ?? new CameraBudget(name, this);
    this.#cameras.set(name, budget);
    return budget;
  }

  get ladder(): LadderState {
    return this.#ladder;
  }

  /** What the ladder says from now on. The views of the cameras that it is about follow. */
  set ladder(ladder: LadderState) {
    const before = this.#ladder;
    this.#ladder = ladder;
    for (const camera of this.#cameras.values()) {
      const [was, is] = [before.views.get(camera.name), ladder.views.get(camera.name)];
      if (was?.maxFps !== is?.maxFps || was?.maxHeight !== is?.maxHeight) {
        this.#reconsider(camera.wanting, is && isTighter(is, was) ? `as ${is.because}` : 'as the machine has time again');
      }
    }
    if (before.refusing !== ladder.refusing) {
      this.reconsiderRefused();
    }
  }

  /** Why nothing new is converted, as there is no memory for it; undefined where there is. */
  set memoryRefusal(because: string | undefined) {
    const before = this.#memoryRefusal;
    this.#memoryRefusal = because;
    if (before !== because) {
      this.reconsiderRefused();
    }
  }

  /** Views that were refused what they want ask again, those first that have waited for longest: something may have ended. */
  reconsiderRefused(): void {
    const refused = [...this.#cameras.values()].flatMap((camera) => camera.wanting.filter((view) => view.refused));
    this.#reconsider(
      refused.toSorted((a, b) => a.sinceMs - b.sinceMs),
      'as that may be possible now',
    );
  }

  /** What would be converted in all, for the ladder. */
  convertedViews(): ConvertedViews[] {
    return [...this.#cameras.values()].flatMap((camera) => camera.converted() ?? []);
  }

  /** Conversions now: of views, each that is shared counted once, and of recordings. */
  get transcodes(): number {
    return this.#conversionsWithout(undefined).size + this.#recordings();
  }

  /** One more view. @throws Problem where no more may be. */
  takePlace(): Disposable {
    const { maxStreams = Infinity } = this.limits;
    if (this.#places >= maxStreams) {
      throw new Problem('views-limit', `${maxStreams} at the same time`);
    }
    this.#places += 1;
    let taken = true;
    return {
      [Symbol.dispose]: () => {
        this.#places -= taken ? 1 : 0;
        taken = false;
      },
    };
  }

  /** @internal Why a view may not have something converted; undefined where it may. @param uncapped the same without the ladder's caps. */
  whyRefused(camera: CameraBudget, view: BudgetedView, conversion: RunningConversion, uncapped: RunningConversion): Refusal | undefined {
    const others = this.#conversionsWithout(view);
    if (others.has(keyOf(camera, conversion)) || goesOn(camera, view, uncapped, others)) {
      return undefined;
    }
    const running = camera.conversions();
    const { maxTranscodes = Infinity } = this.limits;
    if (others.size + this.#recordings() >= maxTranscodes) {
      return { because: `no more than ${maxTranscodes} may be at the same time ("maxTranscodes")`, running, smallest: false };
    }
    const because = this.#ladder.refusing ?? this.#memoryRefusal;
    return because === undefined ? undefined : { because, running, smallest: true };
  }

  #reconsider(views: readonly BudgetedView[], why: string): void {
    for (const view of views) {
      try {
        view.reconsider(why);
      } catch (error) {
        this.#onMistake(error);
      }
    }
  }

  #conversionsWithout(view: BudgetedView | undefined): Set<string> {
    return new Set([...this.#cameras.values()].flatMap((camera) => camera.conversions(view).map((conversion) => keyOf(camera, conversion))));
  }
}

/** The share of one camera's views. */
export class CameraBudget {
  readonly name: string;
  readonly #house: HouseBudget;
  readonly #views = new Set<BudgetedView>();

  /** @internal Made by HouseBudget.camera. */
  constructor(name: string, house: HouseBudget) {
    this.name = name;
    this.#house = house;
  }

  /** For all cameras. */
  get limits(): LiveLimits {
    return this.#house.limits;
  }

  get caps(): ConversionCaps {
    return this.#house.ladder.views.get(this.name) ?? {};
  }

  /** One more view, prepared or running. @throws Problem where the house has no more. */
  takePlace(): Disposable {
    return this.#house.takePlace();
  }

  /** Counts the view until it is disposed, and tells it of changes. */
  enter(view: BudgetedView): Disposable {
    this.#views.add(view);
    return {
      [Symbol.dispose]: () => {
        this.#views.delete(view);
        this.#house.reconsiderRefused();
      },
    };
  }

  whyRefused(view: BudgetedView, conversion: RunningConversion, uncapped: RunningConversion): Refusal | undefined {
    return this.#house.whyRefused(this, view, conversion, uncapped);
  }

  /** @internal Views that would be converted if nothing were limited. */
  get wanting(): BudgetedView[] {
    return [...this.#views].filter(({ wanted }) => wanted !== undefined);
  }

  /** @internal What is converted for this camera, each once. */
  conversions(without?: BudgetedView): RunningConversion[] {
    const all = [...this.#views].flatMap((view) => (view === without || !view.conversion ? [] : [view.conversion]));
    return [...new Map(all.map((conversion) => [keyOf(this, conversion), conversion])).values()];
  }

  /** @internal For the ladder; undefined where nothing is converted. */
  converted(): ConvertedViews | undefined {
    const { wanting } = this;
    if (wanting.length === 0) {
      return undefined;
    }
    const converting = wanting.filter(({ conversion }) => conversion !== undefined);
    const counted = (converting.length > 0 ? converting : wanting).flatMap(({ sinceMs, wanted }) => (wanted ? [{ sinceMs, ...wanted }] : []));
    const most = (of: 'sinceMs' | 'fps' | 'height'): number => Math.max(...counted.map((each) => each[of]));
    return { camera: this.name, converts: converting.length > 0, sinceMs: most('sinceMs'), fps: most('fps'), height: most('height') };
  }
}

/**
 * Nothing new: what takes the place of the view's own, and what was granted before, with other caps. All who share that have the same
 * caps, and follow. What it has in place of what it was refused gives it no right to more.
 */
function goesOn(camera: CameraBudget, { conversion, granted }: BudgetedView, uncapped: RunningConversion, others: ReadonlySet<string>): boolean {
  return conversion !== undefined && granted !== undefined && (keyOf(camera, granted) === keyOf(camera, uncapped) || !others.has(keyOf(camera, conversion)));
}

function isTighter(caps: ConversionCaps, than: ConversionCaps = {}): boolean {
  return (caps.maxFps ?? Infinity) < (than.maxFps ?? Infinity) || (caps.maxHeight ?? Infinity) < (than.maxHeight ?? Infinity);
}

function keyOf(camera: CameraBudget, { stream, rendition }: RunningConversion): string {
  return `${camera.name} ${stream} ${renditionKey(rendition)}`;
}
