import { z } from 'zod';
import { sourceForms, whyNoSource } from '../media/camera-source.js';
import { option, optionalText } from './option-text.js';

/** Where a camera's picture comes from, and how it is held. */

const longest = 8_192;
// Spelled out instead of /i: JSON schema has no flags. What it lets pass is looked at more closely when it is read.
const form = '([Rr][Tt][Ss][Pp][Ss]?|[Rr][Tt][Mm][Pp][Ss]?|[Hh][Tt][Tt][Pp][Ss]?|[Ss][Rr][Tt])://\\S+|[Uu][Ss][Bb]:\\s*\\S.*|[Tt][Ee][Ss][Tt]:\\S*|[Ff][Ff][Mm][Pp][Ee][Gg]:\\s*\\[.*\\]';

export const cameraSourceText = z
  .string()
  .trim()
  .max(longest)
  .regex(new RegExp(`^\\s*(${form})\\s*$`))
  .refine((text) => whyNoSource(text) === undefined);

const optionalSourceText = z
  .string()
  .trim()
  .max(longest)
  .regex(new RegExp(`^\\s*(${form})?\\s*$`))
  .refine((text) => whyNoSource(text) === undefined)
  .exactOptional();

const stillAddress = z
  .string()
  .trim()
  .max(2_048)
  .regex(/^\s*([Hh][Tt][Tt][Pp][Ss]?:\/\/\S+)?\s*$/)
  .refine((text) => whyNoSource(text) === undefined)
  .exactOptional();

const percent = (side: string) =>
  option(z.number().min(0).max(90).default(0), {
    title: `Cut off ${side} (%)`,
    description: `How much of the picture is left out ${side}.`,
    allowed: 'a number of percent from 0 to 90',
  });

export const sourceOptions = {
  username: option(optionalText(256), {
    title: 'User name',
    description: 'The user name of the camera, if it is not part of the address. Any characters are allowed here. The second stream and the still picture get it too where they come from the same host; otherwise write it into their address.',
    section: 'Connection',
  }),
  password: option(optionalText(256), {
    title: 'Password',
    description: 'The password of the camera, if it is not part of the address. Any characters are allowed here. It is sent to no other host than that of the source.',
    section: 'Connection',
    secret: true,
  }),
  substream: option(optionalSourceText, {
    title: 'Second, smaller stream',
    description: 'The address of the camera\'s smaller stream (often called sub stream), if it has one. Small pictures are taken from it, which saves computing power.',
    section: 'Connection',
    placeholder: 'rtsp://192.168.1.20:554/stream2',
    allowed: sourceForms,
  }),
  stillImage: option(stillAddress, {
    title: 'Still picture',
    description: 'The address of a single picture (JPEG) of the camera, if it has one. Shown while the camera is not connected, without waking it: for cameras that run on batteries.',
    section: 'Connection',
    placeholder: 'http://192.168.1.20/snapshot.jpg',
    allowed: 'an address that starts with http:// or https://',
  }),
  transport: option(z.enum(['tcp', 'udp', 'http']).default('tcp'), {
    title: 'Transport',
    description: 'How the stream of an RTSP camera travels. TCP loses nothing and suits nearly every camera; try UDP if a camera sends no picture over TCP, and HTTP where only that is let through.',
    section: 'Connection',
    choices: { tcp: 'TCP', udp: 'UDP', http: 'Inside HTTP' },
  }),
  pollRate: option(z.number().min(0.1).max(10).default(1), {
    title: 'Pictures a second',
    description: 'How often a picture is fetched where "Source" is the address of a single picture. Has no effect for everything else.',
    section: 'Connection',
    allowed: 'a number of pictures a second from 0.1 to 10',
  }),
};

export const pictureOptions = {
  rotate: option(z.literal([0, 90, 180, 270]).default(0), {
    title: 'Turn (degrees)',
    description: 'Turns the picture clockwise. The picture is then converted all the time that the camera is connected; turn it in the camera itself where that is possible.',
    section: 'Picture',
    allowed: '0, 90, 180 or 270',
    choices: { 0: 'No', 90: '90°, to the right', 180: '180°, upside down', 270: '270°, to the left' },
  }),
  flip: option(z.enum(['none', 'horizontal', 'vertical']).default('none'), {
    title: 'Mirror',
    description: 'Mirrors the picture, after it was turned. The picture is then converted all the time that the camera is connected.',
    section: 'Picture',
    choices: { none: 'No', horizontal: 'Left and right', vertical: 'Top and bottom' },
  }),
  crop: option(
    z
      .strictObject({ left: percent('at the left'), right: percent('at the right'), top: percent('at the top'), bottom: percent('at the bottom') })
      .refine(({ left, right, top, bottom }) => left + right <= 90 && top + bottom <= 90)
      .default({ left: 0, right: 0, top: 0, bottom: 0 }),
    {
      title: 'Cut off',
      description: 'Leaves out what is at the edges of the picture, before it is turned. The picture is then converted all the time that the camera is connected.',
      section: 'Picture',
      allowed: 'a group with left, right, top and bottom in percent; at least a tenth of the picture must remain',
    },
  ),
};
