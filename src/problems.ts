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
  'ffmpeg-lacks-input': {
    what: 'no FFmpeg was found that can open this kind of source',
    remedy: 'Remove "ffmpegPath" so that the bundled one is used, or install an FFmpeg that was built with what is named here: "ffmpeg -protocols" and "ffmpeg -demuxers" list what one has.',
    picture: 'FFmpeg cannot open it',
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
  'device-missing': {
    what: 'the USB camera is not there',
    remedy: 'Plug it in: the picture comes back by itself within seconds. If it is plugged in, write one of the names after "usb:" that this machine knows; `npx homebridge-camera-hub devices` lists them. In Docker the device has to be passed on to the container.',
    picture: 'Camera not plugged in',
  },
  'device-ambiguous': {
    what: 'several USB cameras go by this name',
    remedy: 'Write more of the name after "usb:", or one of the paths that this line names.',
    picture: 'Check the settings',
  },
  'device-busy': {
    what: 'the USB camera is in use by another program',
    remedy: 'End that program. It is tried again by itself. The plugin opens a USB camera once, for all that is done with it: add it as one camera only.',
    picture: 'Camera busy',
  },
  'device-forbidden': {
    what: 'the USB camera may not be used',
    remedy: 'On Linux add the user that Homebridge runs as to the group of the device (sudo usermod -aG video homebridge) and restart Homebridge; in Docker pass on the device and the group. On macOS and Windows allow the camera in the privacy settings of the system.',
    picture: 'Camera not allowed',
  },
  'device-unusable': {
    what: 'the USB camera offers no picture that can be used',
    remedy: 'Look at what it offers with `npx homebridge-camera-hub devices`, and choose another device: some cameras have several. What FFmpeg needs to be told for it can be written as "ffmpeg:" and a list of arguments. See docs/sources.md.',
    picture: 'Check the settings',
  },
  'camera-wrong-content': {
    what: 'the address gives neither JPEGs nor a video',
    remedy: 'A single picture has to be a JPEG: choose that format in the camera where it offers several. Else look up the address of the video, the MJPEG stream or the snapshot of your camera model; in a browser it shows nothing but the picture. Then correct "source" or "stillImage".',
    picture: 'Not a camera address',
  },
  'camera-http-error': {
    what: 'the camera answers over HTTP with an error',
    remedy: 'Open the address in a browser to see whether it shows a picture there. If it does not, restart the camera, or correct the address.',
    picture: 'Camera reports an error',
  },
  'camera-picture-changed': {
    what: 'the pictures of the camera have another size from now on',
    remedy: 'The plugin begins anew by itself. If it repeats, look for what sets the size in the camera: another viewer, or a mode for the night.',
    picture: 'Reconnecting',
  },
  'still-image-failed': {
    what: 'the still picture of the camera could not be fetched',
    remedy: 'Open the address in "stillImage" in a browser to see whether it shows a picture there. Until it does, snapshots are made as if there were none.',
    picture: 'No picture',
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
    what: 'the camera set its clock, or its clock runs at a wrong rate, so that its picture or sound would stand still or come ever later',
    remedy: 'The plugin reconnects by itself, and where need be goes by when pictures come. If it repeats, correct the time server (NTP) and time zone in the camera.',
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
  'stream-incomplete': {
    what: 'the camera sends a picture that nobody can decode, as it leaves out how it is encoded',
    remedy: 'Restart the camera, and look for newer firmware. If it repeats, set its video codec to H.264 and switch off "smart codec" and "H.264+", or try the other setting of "transport".',
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
  'live-sound-failed': {
    what: 'the sound of a live view could not be made ready for a moment',
    remedy: 'It goes on by itself, and the picture is not affected. If this repeats, switch on "debug" for this camera and look at what FFmpeg says just before.',
    picture: 'No sound',
  },
  'sound-encoder-missing': {
    what: 'no FFmpeg was found that can encode Opus, so live views are silent',
    remedy: 'Remove "ffmpegPath" so that the bundled FFmpeg is used, or install one that was built with libopus.',
    picture: 'No sound',
  },
  'conversion-refused': {
    what: 'a live view waits, as its picture would have to be converted',
    remedy: 'It is shown as soon as another view ends. Raise "maxTranscodes", or set the camera to H.264 without B-frames, so that nothing has to be converted.',
    picture: 'Too many live views',
  },
  'views-limit': {
    what: 'a live view was refused, as no more may be watched',
    remedy: 'Close a live view somewhere, or raise "maxStreams".',
    picture: 'Too many live views',
  },
  'priority-refused': {
    what: 'the system does not let this plugin give its FFmpegs a lower priority, so that they compete with everything else',
    remedy: 'Nothing stops because of this. Allow it to the user that Homebridge runs as, if the machine is slow.',
    picture: 'Check the settings',
  },
  'memory-short': {
    what: 'the pictures of all cameras take more memory than "maxMemory" allows, although no past is kept any more',
    remedy: 'Raise "maxMemory", give the cameras a lower bitrate or a shorter keyframe interval, or fewer of them "keepWarm". Until then a live view that has to be converted gets the smallest picture.',
    picture: 'Out of memory',
  },
  'camera-away': {
    what: 'the camera, or one of its streams, stays away',
    remedy: 'Look up what this log said when it went. The plugin keeps trying, and says when it is back.',
    picture: 'Camera unreachable',
  },
  'past-short': {
    what: 'the memory set aside for the past of this camera is too small for 10 s of it, so that recordings may begin late',
    remedy: 'Set a lower bitrate or a shorter keyframe interval in the camera.',
    picture: 'Check the settings',
  },
  'pictures-dropped': {
    what: 'pictures are left out all the time, as this machine is too slow for them',
    remedy: 'Give the camera a "substream", a lower frame rate or a smaller picture, or let less be converted ("maxFps", "maxWidth", "maxTranscodes").',
    picture: 'Machine too slow',
  },
  'machine-busy': {
    what: 'the machine stays too busy, so that motion detection and converted live views give way',
    remedy: 'Look at what else runs on it. Give the cameras a "substream" and H.264 without B-frames, so that less is converted, or limit it with "maxTranscodes", "maxWidth" and "maxFps".',
    picture: 'Machine too slow',
  },
  'disk-full': {
    what: 'the disk that the plugin keeps its files on is nearly full',
    remedy: 'Make room on the disk with the storage folder of Homebridge. When it is full, no setting, switch or recording can be saved there any more; live views go on.',
    picture: 'Disk full',
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
  'switches-unreadable': {
    what: 'the file that keeps what the switches of the cameras were set to cannot be read',
    remedy: 'Check that Homebridge may read and write its storage folder. All privacy switches are on until they are turned off in the Home app.',
    picture: 'Check the settings',
  },
  'switches-not-kept': {
    what: 'what a switch was set to cannot be kept for the next start',
    remedy: 'Check that Homebridge may write to its storage folder and that the disk is not full. Until Homebridge is restarted the switch is as it was set.',
    picture: 'Check the settings',
  },
  'identities-unreadable': {
    what: 'the file that keeps the cameras\' HomeKit identities cannot be read or written',
    remedy: 'Check that Homebridge may write to its storage folder and that the disk is not full. The damaged file is kept beside the new one.',
    picture: 'Check the settings',
  },
  'motion-failed': {
    what: 'motion could not be looked for in the pictures for a moment',
    remedy: 'It goes on by itself. If this repeats, report it together with this line.',
    picture: 'No motion detection',
  },
  'talkback-unreachable': {
    what: 'nobody can talk to this camera, as it cannot be connected to for that',
    remedy: 'Look at what this log says about its picture, which is not affected. If the picture is there, restart the camera.',
    picture: 'Camera unreachable',
  },
  'talkback-refused': {
    what: 'the camera refuses to be talked to',
    remedy: 'Close other apps that talk to this camera, or watch it, and try again. If it is about the user, let the user of "source" talk in the settings of the camera. The picture is not affected.',
    picture: 'Camera busy',
  },
  'talkback-unsupported': {
    what: 'the camera cannot be talked to in this way',
    remedy: 'Set the sound that it plays to G.711 (8 kHz, mono) in the camera, if it lets you. Otherwise give it a "talkback" of its own.',
    picture: 'Check the settings',
  },
  'talkback-failed': {
    what: 'what was said could not be passed on',
    remedy: 'Begin to talk again. If this repeats, switch on "debug" for this camera and look at what FFmpeg says just before. Where "talkback" names a target, check the target, its format and its codec. The picture is not affected.',
    picture: 'No sound',
  },
  'speakers-not-kept': {
    what: 'what was found out about the speakers of the cameras cannot be kept for the next start',
    remedy: 'Check that Homebridge may write to its storage folder and that the disk is not full. Until then the cameras are asked at each start.',
    picture: 'Check the settings',
  },
  'talkback-ended': {
    what: 'the camera ended a talk',
    remedy: 'Begin to talk again. If this repeats, look for another app that talks to this camera, or for a weak network. The picture is not affected.',
    picture: 'Camera went away',
  },
  'mqtt-unreachable': {
    what: 'the MQTT broker cannot be reached',
    remedy: 'Check that it runs, and that the address and port in "mqttUrl" are right. The plugin keeps trying; what does not need the broker works all the same.',
    picture: 'Broker unreachable',
  },
  'mqtt-refused-login': {
    what: 'the MQTT broker refused the user name or password',
    remedy: 'Correct "mqttUsername" and "mqttPassword", and restart Homebridge.',
    picture: 'Check the settings',
  },
  'mqtt-certificate': {
    what: 'the certificate of the MQTT broker is not trusted',
    remedy: 'Set "mqttCa" to the certificate file of the authority that signed it, and use the name that it was made for in "mqttUrl". Only if that is not possible, switch "mqttVerify" off.',
    picture: 'Check the settings',
  },
  'mqtt-ca-unreadable': {
    what: 'the certificate file for the MQTT broker cannot be used',
    remedy: 'Check the path in "mqttCa", that Homebridge may read the file, and that it is a certificate in PEM format (it begins with -----BEGIN CERTIFICATE-----). The plugin keeps trying.',
    picture: 'Check the settings',
  },
  'mqtt-not-understood': {
    what: 'what answers at the address of the MQTT broker does not behave like one',
    remedy: 'Check the port in "mqttUrl", and how it begins: mqtt:// for an open port (usually 1883), mqtts:// for an encrypted one (usually 8883), ws:// and wss:// for WebSockets.',
    picture: 'Check the settings',
  },
  'mqtt-topic-refused': {
    what: 'the MQTT broker does not let the plugin follow a topic',
    remedy: 'Check how the topic is written in the settings, and that the broker lets this user read it. The other topics are not affected.',
    picture: 'Check the settings',
  },
  'mqtt-message-too-large': {
    what: 'a message that came over MQTT is too large and is ignored',
    remedy: 'A message may have 256 KiB. Check whether the topic in the settings also covers pictures, which cameras and Frigate publish too.',
    picture: 'Check the settings',
  },
  'mqtt-failed': {
    what: 'something failed in the plugin while it dealt with MQTT',
    remedy: 'Nothing else is affected. Please report this line.',
    picture: 'Check the settings',
  },
  'http-port-in-use': {
    what: 'the port for HTTP is in use by another program, so nothing can be reported by HTTP',
    remedy: 'It is tried again by itself, as the other program may be the old Homebridge that is just ending. If this repeats, set "httpPort" to another number, and change it in your cameras too.',
    picture: 'Check the settings',
  },
  'http-unusable': {
    what: 'the port for HTTP cannot be used, so nothing can be reported by HTTP',
    remedy: 'Set "httpAddress" to 127.0.0.1, to 0.0.0.0 or to an address of this machine, and "httpPort" to a number from 1024 on. It is tried again by itself; everything else works.',
    picture: 'Check the settings',
  },
  'http-request-failed': {
    what: 'a report by HTTP could not be passed on',
    remedy: 'The next one is taken as before. If this repeats, report it together with this line.',
    picture: 'Check the settings',
  },
  'http-wrong-token': {
    what: 'somebody sent a wrong token by HTTP, or none',
    remedy: 'If the address is that of a camera or script of yours, give it the token that stands in "httpToken". If not, find out what this device is.',
    picture: 'Check the settings',
  },
  'temporary-folder-unusable': {
    what: 'the folder for temporary files cannot be used',
    remedy: 'Check that this folder exists, that this user may write to it, and that its disk is not full; or set another one in the environment variable TMPDIR (Windows: TEMP).',
    picture: 'Check the settings',
  },
  'command-failed': {
    what: 'the command failed in a way that should not happen',
    remedy: 'Please report it together with this line.',
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
