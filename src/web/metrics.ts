import type { VideoStatus } from '../pipeline/camera-status.js';
import type { FfmpegStatus } from '../resources/resource-status.js';
import type { CameraOfHouse, HouseStatus } from './house-status.js';

export type Labels = Readonly<Record<string, string | undefined>>;

export interface Sample {
  readonly labels: Labels;
  /** Undefined where it is not known: then there is no sample. True is 1, false 0. */
  readonly value: number | boolean | undefined;
}

export interface Metric {
  /** Behind the prefix. Users build on it: it is never changed. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: (house: HouseStatus) => readonly Sample[];
}

/** A metric of one kind of thing. In base units: seconds, bytes, and shares of 1 instead of percent. */
type Row<Thing> = readonly [name: string, type: Metric['type'], help: string, value: (thing: Thing) => Sample['value']];

interface Labelled<Thing> {
  readonly labels: Labels;
  readonly thing: Thing;
}

function metricsOf<Thing>(find: (house: HouseStatus) => readonly Labelled<Thing>[], rows: readonly Row<Thing>[]): Metric[] {
  return rows.map(([name, type, help, value]) => ({ name, type, help, samples: (house) => find(house).map(({ labels, thing }) => ({ labels, value: value(thing) })) }));
}

const mib = 2 ** 20;
const bytesPerKbit = 125;
const share = (percent: number | undefined): number | undefined => percent && percent / 100;
const seconds = (ms: number | undefined): number | undefined => ms && ms / 1_000;
const bytesPerSecond = (kbps: number | undefined): number | undefined => kbps && kbps * bytesPerKbit;

const information = metricsOf<true>(({ version, ffmpeg }) => [{ labels: { version, ffmpeg: ffmpeg?.version }, thing: true }], [
  ['info', 'gauge', 'Always 1; the labels say which plugin and which FFmpeg.', (is) => is],
]);

const house = metricsOf<HouseStatus>((status) => [{ labels: {}, thing: status }], [
  ['uptime_seconds', 'gauge', 'Since the process began that the plugin runs in.', ({ uptimeSeconds }) => uptimeSeconds],
  ['machine_cpu_ratio', 'gauge', 'How busy the machine or the container is, by whomever: 0 to 1 of all its cores.', ({ resources }) => share(resources.machine?.percent)],
  ['machine_load_ratio', 'gauge', 'The same as an average over some seconds, by which it is decided what gives way.', ({ resources }) => share(resources.loadPercent)],
  ['machine_cores', 'gauge', 'Cores that may be used.', ({ resources }) => resources.machine?.cores],
  ['machine_memory_bytes', 'gauge', 'Memory that may be used.', ({ resources }) => resources.machine?.memoryTotalBytes],
  ['machine_memory_available_bytes', 'gauge', 'Memory that is free or can be freed at once.', ({ resources }) => resources.machine?.memoryAvailableBytes],
  ['process_cpu_ratio', 'gauge', 'The process that the plugin runs in, without the FFmpegs; 1 is one core.', ({ resources }) => share(resources.process.cpuPercent)],
  ['process_memory_bytes', 'gauge', 'Memory of the process that the plugin runs in.', ({ resources }) => resources.process.memoryMiB * mib],
  ['conversions', 'gauge', 'Live views and recordings that are converted, shared ones counted once.', ({ resources }) => resources.transcodes],
  ['limits', 'gauge', 'Limits that are in force for all cameras because of the load.', ({ resources }) => resources.limited.length],
]);

const gpus = metricsOf<HouseStatus['resources']['gpus'][number]>(({ resources }) => resources.gpus.map((gpu) => ({ labels: { gpu: gpu.label }, thing: gpu })), [
  ['gpu_busy_ratio', 'gauge', 'How busy the graphics hardware is, 0 to 1.', ({ busyPercent }) => share(busyPercent)],
  ['gpu_decoder_ratio', 'gauge', 'How busy its decoder is, 0 to 1.', ({ decoderPercent }) => share(decoderPercent)],
  ['gpu_encoder_ratio', 'gauge', 'How busy its encoder is, 0 to 1.', ({ encoderPercent }) => share(encoderPercent)],
  ['gpu_memory_bytes', 'gauge', 'Memory of the card that is used, by everybody.', ({ memoryBytes }) => memoryBytes],
]);

const cameras = metricsOf<CameraOfHouse>((status) => status.cameras.map((camera) => ({ labels: { camera: camera.camera }, thing: camera })), [
  ['camera_online', 'gauge', '0 while the camera cannot be reached or is private, else 1, also while it is asleep.', ({ online }) => online],
  ['camera_private', 'gauge', '1 while the privacy switch is on.', (camera) => camera.private],
  ['camera_problems', 'gauge', 'What has been wrong with the camera, or the machine, for some minutes.', ({ problems }) => problems.length],
  ['camera_cpu_ratio', 'gauge', 'FFmpegs of the camera, and looking for motion; 1 is one core.', ({ resources }) => share(resources?.cpuPercent)],
  ['camera_memory_bytes', 'gauge', 'Memory of its FFmpegs, and of its pictures in the process of the plugin.', ({ resources }) => resources && resources.memoryMiB * mib],
  ['camera_limits', 'gauge', 'Limits that are in force for this camera because of load or memory.', ({ resources }) => resources?.limited.length],
  ['camera_moving', 'gauge', '1 while motion is reported, by whomever.', ({ motion }) => motion.moving],
  ['camera_motion_watched', 'gauge', '1 while the plugin looks for motion in the pictures.', ({ motion }) => motion.on],
  ['camera_motion_cpu_ratio', 'gauge', 'Looking for motion, beyond decoding; 1 is one core.', ({ motion }) => share(motion.cost?.cpuPercent)],
  ['camera_motion_pictures_total', 'counter', 'Pictures in which motion was looked for.', ({ motion }) => motion.cost?.pictures],
  ['camera_motion_dropped_total', 'counter', 'Pictures that there was no time for to look for motion.', ({ motion }) => motion.cost?.dropped],
  ['camera_recording_armed', 'gauge', '1 while a home hub may ask for recordings.', ({ recording }) => recording?.armed],
  ['camera_recordings', 'gauge', 'Recordings that a home hub is being sent.', ({ recording }) => recording?.running.length],
  ['camera_view_dropped_total', 'counter', 'Pictures that viewers did not get, as they or the network were too slow.', ({ viewsDropped }) => viewsDropped],
]);

const viewModes = ['copy', 'transcode', 'wait'] as const;

const views = metricsOf<number>(
  (status) => status.cameras.flatMap(({ camera, views: all }) => viewModes.map((mode) => ({ labels: { camera, mode }, thing: all.filter(({ shown }) => shown?.mode === mode).length }))),
  [['camera_live_views', 'gauge', 'Live views, by how the picture is made: copied, converted, or waiting as nothing more is converted.', (count) => count]],
);

const streams = metricsOf<VideoStatus>((status) => status.cameras.flatMap(({ camera, streams: all }) => all.map((stream) => ({ labels: { camera, stream: stream.name }, thing: stream }))), [
  ['stream_live', 'gauge', '1 while the stream is connected and sends pictures.', ({ state }) => state === 'live'],
  ['stream_away_seconds', 'gauge', 'For how long the stream has not been there although it was wanted; 0 while nothing is wrong.', ({ away }) => away?.forSeconds ?? 0],
  ['stream_leases', 'gauge', 'Who needs the stream now: views, recordings, decoders.', ({ leases }) => leases.length],
  ['stream_connections_total', 'counter', 'Connections to the camera, those that failed included.', ({ connections }) => connections],
  ['stream_reconnects_total', 'counter', 'How often the picture was lost by itself and came back.', ({ reconnects }) => reconnects],
  ['stream_width_pixels', 'gauge', 'Width of the picture.', ({ picture }) => picture?.width],
  ['stream_height_pixels', 'gauge', 'Height of the picture.', ({ picture }) => picture?.height],
  ['stream_frames_per_second', 'gauge', 'Pictures a second, as measured.', ({ picture }) => picture?.fps],
  ['stream_bytes_per_second', 'gauge', 'Bitrate in bytes, as measured.', ({ picture }) => bytesPerSecond(picture?.bitrateKbps)],
  ['stream_keyframe_interval_seconds', 'gauge', 'Longest distance of two keyframes, as measured.', ({ picture }) => seconds(picture?.keyframeIntervalMs)],
  ['stream_ring_bytes', 'gauge', 'Encoded pictures that are kept.', ({ ringBytes }) => ringBytes],
  ['stream_ring_seconds', 'gauge', 'How far back encoded pictures are kept.', ({ ringReachMs }) => seconds(ringReachMs)],
  ['stream_decoded_total', 'counter', 'Pictures that were decoded.', ({ decoder }) => decoder.pool.published],
  ['stream_decoded_dropped_total', 'counter', 'Decoded pictures that there was no room for.', ({ decoder }) => decoder.pool.dropped],
  ['stream_decoder_failures_total', 'counter', 'Decoders that failed.', ({ decoder }) => decoder.failures],
  ['stream_encoded_dropped_total', 'counter', 'Pictures left out because an encoder was too slow.', ({ encoders }) => encoders.dropped],
  ['stream_encoder_failures_total', 'counter', 'Encoders that failed.', ({ encoders }) => encoders.failures],
]);

/** Those that work for all cameras have no label "camera". */
const ffmpegs = metricsOf<FfmpegStatus>(
  (status) =>
    [{ camera: undefined, all: status.resources.shared }, ...status.cameras.map(({ camera, resources }) => ({ camera, all: resources?.ffmpegs ?? [] }))].flatMap(({ camera, all }) =>
      all.map((ffmpeg) => ({ labels: { camera, stream: ffmpeg.stream, role: ffmpeg.role, hardware: ffmpeg.hardware }, thing: ffmpeg })),
    ),
  [
    ['ffmpegs', 'gauge', 'FFmpegs that run, by what they are for.', () => 1],
    ['ffmpeg_cpu_ratio', 'gauge', 'Their processor time; 1 is one core.', ({ cpuPercent }) => share(cpuPercent)],
    ['ffmpeg_memory_bytes', 'gauge', 'Their memory.', ({ memoryMiB }) => memoryMiB * mib],
  ],
);

/** Everything of the status that is a number, in this order. */
export const metrics: readonly Metric[] = [...information, ...house, ...gpus, ...cameras, ...views, ...streams, ...ffmpegs];
