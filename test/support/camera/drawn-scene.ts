/**
 * What a simulated camera may film besides the usual test picture: a front garden with a mild sensor noise, empty or with somebody in it.
 * All three look the same but for the walker, so that a camera can change from one to the other at a keyframe (`SimulatedCamera.show`).
 */

/** `busy`: a test picture that moves everywhere, all the time. `entering`: in each GOP nobody at first, from its middle on the walker. */
export type Scene = 'busy' | 'still' | 'entering' | 'walker';

/** A scene that is drawn here. */
export type DrawnScene = Exclude<Scene, 'busy'>;

/** What can be asked for. */
export type ShownScene = 'still' | 'walker';

/** What a camera plays for it, one after the other, each from a keyframe on. */
export const reelsFor: Readonly<Record<ShownScene, readonly DrawnScene[]>> = { still: ['still'], walker: ['entering', 'walker'] };

/** All scenes that are drawn. */
export const drawnScenes: readonly DrawnScene[] = ['still', 'entering', 'walker'];

/** What the drawing depends on. `gop`: pictures from a keyframe to the next. */
export interface DrawnSceneSize {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Length of the loop; the walker is back where it began. */
  readonly seconds: number;
  readonly gop: number;
}

/** Whether somebody is in a picture of the loop. */
export function isWalkerIn(scene: Scene, counter: number, gop: number): boolean {
  return scene === 'walker' || (scene === 'entering' && counter % gop >= entersAt(gop));
}

/** Amplitudes of the noise: of a sensor in daylight, of brick and grass. */
const sensorNoise = 5;
const textureNoise = 14;

/** As a share of the picture's height. */
const walkerHeight = 0.25;
/** A round on the lawn, in shares of the picture: where the feet are. Never turns on the spot, which would be no motion for a moment. */
const walk = { left: 0.15, width: 0.6, middle: 0.74, depth: 0.12 } as const;
/** Of its width, a second. */
const walkingSpeed = 0.12;
const stepsPerSecond = 1.8;

/** A rectangle of one colour, in shares of the picture. */
type Thing = readonly [x: number, y: number, width: number, height: number, colour: string];

const things: readonly Thing[] = [
  [0, 0.68, 1, 0.12, '0x98948c'], // A pavement
  [0.05, 0.28, 0.35, 0.3, '0xa08870'], // A house, its window and its door
  [0.1, 0.36, 0.08, 0.1, '0x384858'],
  [0.27, 0.36, 0.06, 0.22, '0x604028'],
  [0.62, 0.26, 0.03, 0.34, '0x4a3a2a'], // A tree
  [0.53, 0.24, 0.21, 0.2, '0x3c5c30'],
];

/** The scene as a source of FFmpeg's `lavfi`, without end. */
export function drawnScene(scene: DrawnScene, size: DrawnSceneSize): string {
  const noise = `noise=alls=${sensorNoise}:allf=t`;
  if (scene === 'still') {
    return `${background(size)},${noise}`;
  }
  const enters = scene === 'entering' ? `:enable='gte(mod(n,${size.gop}),${entersAt(size.gop)})'` : '';
  return `${background(size)}[garden];${walker(size)}[walker];[garden][walker]overlay=${walkerPlace(size.seconds)}${enters},${noise}`;
}

/** Which picture of a GOP is the first with the walker in it. */
function entersAt(gop: number): number {
  return Math.floor(gop / 2);
}

/** Drawn once and shown for ever: its texture does not move. */
function background({ width, height, fps }: DrawnSceneSize): string {
  const sky = 'lt(Y,0.45*H)';
  const drawn = things.map(
    ([x, y, w, h, colour]) =>
      `drawbox=x=${Math.round(x * width)}:y=${Math.round(y * height)}:w=${Math.round(w * width)}:h=${Math.round(h * height)}:color=${colour}:t=fill`,
  );
  return [
    `color=c=gray:s=${width}x${height}:r=${fps}`,
    'trim=end_frame=1',
    'format=yuv420p',
    `geq=lum='if(${sky},180-60*Y/H,90+60*Y/H+6*sin(X/9+Y/5))':cb='if(${sky},140,116)':cr=120`,
    ...drawn,
    `noise=alls=${textureNoise}:all_seed=7`,
    'gblur=sigma=1',
    'loop=loop=-1:size=1',
    `setpts=N/(${fps}*TB)`,
  ].join(',');
}

/** Head, coat and two legs on a transparent ground, half as wide as high. */
function walker({ height, fps }: DrawnSceneSize): string {
  const h = 2 * Math.round((height * walkerHeight) / 2);
  const w = 2 * Math.round(h / 4);
  const head = 'lt(hypot(X/H-0.25,Y/H-0.1),0.09)';
  const coat = 'lt(hypot((X/H-0.25)/0.13,(Y/H-0.4)/0.23),1)';
  const leg = (side: 1 | -1): string => `gte(Y/H,0.55)*lt(abs(X/H-0.25-${side * 0.36}*sin(2*PI*${stepsPerSecond}*T)*(Y/H-0.55)),0.045)`;
  return [
    `color=c=black:s=${w}x${h}:r=${fps}`,
    'format=yuva420p',
    `geq=lum='if(${head},165,if(${coat},45,60))':cb='if(${coat},140,118)':cr='if(${head},145,126)':a='255*gt(${head}+${coat}+${leg(1)}+${leg(-1)},0)'`,
  ].join(',');
}

/** Whole rounds in a loop; smaller ones where it is short. */
function walkerPlace(seconds: number): string {
  const roundSeconds = seconds / Math.max(1, Math.round((seconds * walkingSpeed) / (2 * walk.width)));
  const size = Math.min(1, (roundSeconds * walkingSpeed) / (2 * walk.width));
  const angle = `2*PI*t/${roundSeconds}`;
  return `x='W*(${walk.left}+${(walk.width * size) / 2}*(1-cos(${angle})))':y='H*(${walk.middle}+${(walk.depth * size) / 2}*sin(${angle}))-h'`;
}
