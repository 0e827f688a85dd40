import { z } from 'zod';
import { sourceForms } from '../media/camera-source.js';
import { presetOrder } from '../policy/hardware-choice.js';
import { houseLimitOptions } from './limit-options.js';
import { motionOptions, sensorOptions } from './motion-options.js';
import { option, optionalText } from './option-text.js';
import { cameraSourceText, pictureOptions, sourceOptions } from './source-options.js';
import { soundOptions } from './sound-options.js';
import { cameraMqttOptions, httpOptions, mqttOptions } from './trigger-options.js';

/** What HomeKit does not take in a name is left out there (`nameForHome`); something must remain. */
const letterOrDigit = /[\p{L}\p{N}]/u;

/** The options of one camera. */
export const cameraSchema = z.object({
  name: option(
    z
      .string()
      .trim()
      .min(1)
      .max(64)
      .refine((name) => letterOrDigit.test(name)),
    {
      title: 'Name',
      description: 'What the camera is called in the Home app. Each camera needs a name of its own.',
      placeholder: 'Front Door',
      allowed: 'a name of at most 64 characters with at least one letter or digit',
    },
  ),
  source: option(cameraSourceText, {
    title: 'Source',
    description: 'Where the picture comes from: the address of the camera\'s main stream (rtsp://, rtmp://, http:// or srt://; look it up in the manual of the camera), "usb:" and the name of a USB camera, or "test:" to try everything without a camera.',
    placeholder: 'rtsp://192.168.1.20:554/stream1',
    allowed: sourceForms,
  }),
  ...sourceOptions,
  keepWarm: option(z.boolean().default(false), {
    title: 'Keep the connection open',
    description: 'Stay connected to the camera all the time, so that live views and snapshots are there at once. Costs network traffic, and hardly any computing power.',
    section: 'Connection',
  }),
  idleTimeout: option(z.int().min(10).max(86_400).default(300), {
    title: 'Disconnect when unused (seconds)',
    description: 'How long the camera stays connected after nobody uses it any more. Has no effect while the connection is kept open.',
    section: 'Connection',
    allowed: 'a whole number of seconds from 10 to 86400',
  }),

  liveVideo: option(z.enum(['auto', 'copy', 'transcode']).default('auto'), {
    title: 'Live video',
    description: 'Automatic passes the camera\'s own video on where the viewing device can show it, and converts it otherwise. The other two always do the one or the other.',
    section: 'Live view',
    choices: { auto: 'Automatic', copy: 'Always pass on as it is', transcode: 'Always convert' },
  }),
  copyMaxBitrate: option(z.int().min(100).max(100_000).default(6_000), {
    title: 'Pass on up to (kbit/s)',
    description: 'A stream with more kilobits a second than this is converted for live views instead of being passed on as it is.',
    section: 'Live view',
    allowed: 'a whole number of kilobits a second from 100 to 100000',
  }),
  maxWidth: option(z.int().min(160).max(7_680).exactOptional(), {
    title: 'Largest width (pixels)',
    description: 'Live views are no wider than this. Leave it empty for what the viewing device asks for.',
    section: 'Live view',
    allowed: 'a whole number of pixels from 160 to 7680',
  }),
  maxHeight: option(z.int().min(90).max(4_320).exactOptional(), {
    title: 'Largest height (pixels)',
    description: 'Live views are no higher than this. Leave it empty for what the viewing device asks for.',
    section: 'Live view',
    allowed: 'a whole number of pixels from 90 to 4320',
  }),
  maxFps: option(z.int().min(1).max(60).exactOptional(), {
    title: 'Most pictures a second',
    description: 'Live views show no more pictures a second than this. Leave it empty for what the viewing device asks for.',
    section: 'Live view',
    allowed: 'a whole number of pictures a second from 1 to 60',
  }),
  maxBitrate: option(z.int().min(50).max(100_000).exactOptional(), {
    title: 'Highest bitrate (kbit/s)',
    description: 'Live views take no more kilobits a second than this. Leave it empty for what the viewing device asks for.',
    section: 'Live view',
    allowed: 'a whole number of kilobits a second from 50 to 100000',
  }),
  maxStreams: option(z.int().min(1).max(8).default(4), {
    title: 'Simultaneous live views',
    description: 'How many devices may watch this camera at the same time.',
    section: 'Live view',
  }),

  recording: option(z.boolean().default(true), {
    title: 'Offer recording (HomeKit Secure Video)',
    description: 'Lets you choose "Stream & Allow Recording" for this camera in the Home app, together with a motion sensor. Whether anything is recorded is decided there. Changing this may make the Home app forget that choice.',
    section: 'Recording',
  }),
  saveRecordings: option(z.boolean().default(false), {
    title: 'Save recordings for troubleshooting',
    description: 'Keeps the newest 20 recordings of this camera in the storage folder of Homebridge (camera-hub/recordings), exactly as the home hub got them. Leave this off unless you look for the cause of a problem.',
    section: 'Advanced',
  }),

  ...pictureOptions,
  ...soundOptions,
  ...motionOptions,
  ...sensorOptions,
  ...cameraMqttOptions,

  id: option(
    z
      .string()
      .trim()
      .max(64)
      .regex(/^[A-Za-z0-9_-]*$/)
      .exactOptional(),
    {
      title: 'Identity in HomeKit',
      description: 'Leave this empty: the identity is then found and remembered by itself, also when the camera is renamed or moved. Changing it means that the camera must be added to the Home app anew.',
      section: 'Identity and details',
      allowed: 'at most 64 letters (a to z), digits, hyphens and underscores',
    },
  ),
  manufacturer: option(optionalText(64), {
    title: 'Manufacturer',
    description: 'Shown in the Home app under the details of the camera.',
    section: 'Identity and details',
  }),
  model: option(optionalText(64), {
    title: 'Model',
    description: 'Shown in the Home app under the details of the camera.',
    section: 'Identity and details',
  }),
  serialNumber: option(optionalText(64), {
    title: 'Serial number',
    description: 'Shown in the Home app under the details of the camera.',
    section: 'Identity and details',
  }),

  bridged: option(z.boolean().default(false), {
    title: 'Put behind the Homebridge bridge',
    description: 'Leave this off: the camera is then an accessory of its own, which you add to the Home app once and which is faster. On, it appears with the other Homebridge accessories and its video goes through the bridge.',
    section: 'Advanced',
  }),
  debug: option(z.boolean().default(false), {
    title: 'Detailed log',
    description: 'Write what happens with this camera into the log in detail, to find the cause of a problem. Passwords are left out.',
    section: 'Advanced',
  }),
});

/** The options of the platform, without what Homebridge itself puts there (`platform`, `_bridge`). */
export const platformSchema = z.object({
  name: option(z.string().trim().min(1).max(64).default('Camera Hub'), {
    title: 'Name',
    description: 'What this plugin is called in the log.',
    section: 'Advanced',
  }),
  cameras: option(z.array(cameraSchema).default([]), {
    title: 'Cameras',
    description: 'The cameras that appear in the Home app. A camera with a wrong option is left out; the others are not affected.',
    allowed: 'a list of cameras in [ ]',
  }),
  ffmpegPath: option(optionalText(1024), {
    title: 'Path to FFmpeg',
    description: 'Leave this empty to use the FFmpeg that comes with the plugin, or else the one of the system. Set it only to use a particular one.',
    section: 'Advanced',
    placeholder: '/usr/bin/ffmpeg',
  }),
  hardware: option(z.enum(['auto', ...presetOrder, 'software']).default('auto'), {
    title: 'Graphics hardware',
    description: 'Automatic tries out what graphics hardware this machine has and uses what works, for what has to be decoded or converted; the log tells what was found. A name restricts that to one kind, "Processor only" uses none.',
    section: 'Advanced',
    choices: {
      auto: 'Automatic',
      nvidia: 'NVIDIA',
      qsv: 'Intel Quick Sync',
      vaapi: 'VAAPI (Intel or AMD, Linux)',
      videotoolbox: 'Apple VideoToolbox',
      amf: 'AMD (Windows)',
      v4l2m2m: 'Raspberry Pi up to 4 (V4L2)',
      rkmpp: 'Rockchip',
      software: 'Processor only',
    },
  }),
  hardwareDevice: option(optionalText(256), {
    title: 'Graphics device',
    description: 'Leave this empty to use what is found. Set it only where there are several devices, to use a particular one: the path of the device on Linux, or the number of an NVIDIA card.',
    section: 'Advanced',
    placeholder: '/dev/dri/renderD128',
  }),
  ...houseLimitOptions,
  ...mqttOptions,
  ...httpOptions,
});

/** A camera with every default applied. Texts are trimmed; optional ones are absent rather than empty. */
export type CameraConfig = z.output<typeof cameraSchema>;

/** The options of the platform with every default applied, without its cameras. */
export type PlatformConfig = Omit<z.output<typeof platformSchema>, 'cameras'>;
