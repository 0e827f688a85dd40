/**
 * Everything that can go wrong at a person's home: one table. Log lines, HomeKit placeholders and
 * docs/troubleshooting.md are made from it. `what` completes "<camera>: "; `remedy` says what to do.
 */
export const problemTable = {
  'config-invalid': {
    what: 'a setting is not valid, so this camera is left out',
    remedy: 'Correct the named option in the plugin settings and restart Homebridge. The other cameras are not affected.',
    picture: 'Check the settings',
  },
  'ffmpeg-missing': {
    what: 'no FFmpeg was found',
    remedy: 'Reinstall the plugin (it brings an FFmpeg for most machines), or install FFmpeg 5.0 or newer and set "ffmpegPath" to it.',
    picture: 'No FFmpeg found',
  },
  'ffmpeg-too-old': {
    what: 'the FFmpeg that was found is too old',
    remedy: 'Install FFmpeg 5.0 or newer, or remove "ffmpegPath" so that the bundled one is used.',
    picture: 'FFmpeg too old',
  },
  'ffmpeg-failed': {
    what: 'FFmpeg stopped unexpectedly',
    remedy: 'It is started again by itself. If this repeats, switch on "debug" for this camera and look at what FFmpeg says just before.',
    picture: 'Restarting',
  },
  'encoder-missing': {
    what: 'no FFmpeg was found that can encode H.264',
    remedy: 'Remove "ffmpegPath" so that the bundled one is used, or install an FFmpeg that was built with libx264.',
    picture: 'FFmpeg cannot encode',
  },
  'hardware-unusable': {
    what: 'the graphics hardware cannot be used, so the processor does its work',
    remedy: 'Look up this kind of hardware in docs/hardware.md: its driver, the rights of the user that Homebridge runs as, and an FFmpeg that was built for it. Or set "hardware" to "auto".',
    picture: 'Check the settings',
  },
  'hardware-failed': {
    what: 'the graphics hardware failed, and is not used for ten minutes',
    remedy: 'Nothing stops because of this. If it repeats, update the driver, or set "hardware" to "software".',
    picture: 'Restarting',
  },
  'hardware-file-unusable': {
    what: 'what was found out about the graphics hardware cannot be kept',
    remedy: 'Check that Homebridge may write to its storage folder and that the disk is not full. Until then the hardware is tried anew after each start.',
    picture: 'Check the settings',
  },
  'camera-unreachable': {
    what: 'the camera cannot be reached',
    remedy: 'Check that it has power and network, and that the address and port in "source" are right. The plugin keeps trying.',
    picture: 'Camera unreachable',
  },
  'camera-refused-login': {
    what: 'the camera refused the user name or password',
    remedy: 'Correct the user name and password in "source" (rtsp://user:password@address/path). Some characters must be percent-encoded: @ is %40, / is %2F, # is %23.',
    picture: 'Wrong password',
  },
  'camera-stream-not-found': {
    what: 'the camera has no stream under this path',
    remedy: 'Look up the stream path for your camera model and correct "source". It is the part after the address, often different for main and sub stream.',
    picture: 'Stream not found',
  },
  'camera-busy': {
    what: 'the camera serves no further connection',
    remedy: 'Close other viewers or recorders of this camera, or raise its limit of simultaneous connections. The plugin itself opens a stream once.',
    picture: 'Camera busy',
  },
  'camera-silent': {
    what: 'the camera is connected but sends no picture',
    remedy: 'The plugin reconnects by itself. If it repeats, restart the camera and try the other setting of "transport".',
    picture: 'No picture from camera',
  },
  'camera-no-keyframe': {
    what: 'the camera sends pictures, but none that a viewer can begin with',
    remedy: 'Set a keyframe (I-frame) interval of 2 seconds in the camera, and switch off "smart codec", "H.264+" and "intra refresh".',
    picture: 'No keyframe from camera',
  },
  'camera-closed': {
    what: 'the camera ended the connection',
    remedy: 'The plugin reconnects by itself. If it repeats, look for reboots or updates in the camera, or for a weak network.',
    picture: 'Camera went away',
  },
  'camera-clock-set': {
    what: 'the camera set its clock, so that its picture or sound would stand still',
    remedy: 'The plugin reconnects by itself. If it repeats, correct the time server (NTP) and time zone in the camera.',
    picture: 'Reconnecting',
  },
  'camera-sound-unknown': {
    what: 'the sound of this camera cannot be kept, so recordings are silent',
    remedy: 'Set the sound of the camera to AAC (best: 32 kHz, mono) or G.711. The picture is not affected.',
    picture: 'No sound',
  },
  'stream-unreadable': {
    what: 'what the camera sends cannot be understood',
    remedy: 'Set the camera to H.264 (best) or H.265. If it already is, switch on "debug" for this camera and report what FFmpeg says.',
    picture: 'Unknown stream',
  },
  'snapshot-failed': {
    what: 'no still picture could be made',
    remedy: 'Usually passes by itself. If it repeats on a slow machine, give the camera a "substream".',
    picture: 'No picture',
  },
  'live-view-failed': {
    what: 'a live view could not be shown',
    remedy: 'Try again. If it repeats, switch on "debug" for this camera and look at the line before this one.',
    picture: 'No live view',
  },
  'recording-no-picture': {
    what: 'a recording could not begin, as there was no picture',
    remedy: 'Look at what this log says about the camera just before. The next recording begins by itself.',
    picture: 'No picture',
  },
  'recording-failed': {
    what: 'a recording ended early, as the picture could not be converted',
    remedy: 'The next recording begins by itself. If this repeats, switch on "debug" for this camera and look at what FFmpeg says just before.',
    picture: 'No recording',
  },
  'recording-sound-failed': {
    what: 'the sound of a recording could not be converted, so the rest of it is silent',
    remedy: 'The picture is not affected. If this repeats, switch on "debug" for this camera, or set its sound to AAC, 32 kHz, mono.',
    picture: 'No sound',
  },
  'recording-cut-short': {
    what: 'a recording ended early',
    remedy: 'What was recorded until then is kept. If this repeats, look at what this log says about the camera, or at the network between Homebridge and the home hub.',
    picture: 'Recording cut short',
  },
  'recording-refused': {
    what: 'the home hub stopped a recording',
    remedy: 'The next recording begins by itself. If this repeats, restart the home hub (Apple TV or HomePod), and check the network between it and Homebridge.',
    picture: 'Recording stopped',
  },
  'recording-not-saved': {
    what: 'a recording could not be saved in the storage folder (option "saveRecordings")',
    remedy: 'Check that the disk is not full and that Homebridge may write there. What the home hub gets is not affected.',
    picture: 'Not saved',
  },
  'identities-unreadable': {
    what: 'the file that keeps the cameras\' HomeKit identities cannot be read or written',
    remedy: 'Check that Homebridge may write to its storage folder and that the disk is not full. The damaged file is kept beside the new one.',
    picture: 'Check the settings',
  },
} as const satisfies Record<string, { what: string; remedy: string; picture: string }>;

export type ProblemCode = keyof typeof problemTable;

/** A failure with a code from the table and, in `detail`, what was seen this time. Never carries a secret: `detail` is redacted by who makes it. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail = '',
    options?: ErrorOptions,
  ) {
    const { what } = problemTable[code];
    super(detail === '' ? what : `${what} (${detail})`, options);
    this.name = 'Problem';
  }

  /** The whole line for the log: what happened, what to do, and the code to search for. */
  get line(): string {
    return `${this.message}. ${problemTable[this.code].remedy} [${this.code}]`;
  }
}

/** Anything that was thrown, as a problem; what is not one yet gets this code. */
export function asProblem(thrown: unknown, code: ProblemCode): Problem {
  return thrown instanceof Problem ? thrown : new Problem(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
