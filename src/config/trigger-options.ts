import { z } from 'zod';
import { option, optionalText } from './option-text.js';

/** + stands for any whole level, # for all that follow, at the end. */
const followedTopic = z
  .string()
  .trim()
  .max(512)
  .regex(/^((\+|[^+#/]*)\/)*(\+|#|[^+#/]*)$/)
  .exactOptional();

const topicAllowed = 'a topic of at most 512 characters, in which + stands for a whole level and # for all that follow, at the end';

const topic = (example: string, title: string, description: string) => option(followedTopic, { title, description, section: 'MQTT', placeholder: example, allowed: topicAllowed });

const message = (title: string, what: string) =>
  option(optionalText(512), {
    title,
    description: `The exact text of the message that means ${what}; capitals count, blanks at the ends do not. Leave it empty if any message does, or, with a place in JSON, any value there but false, 0, null and nothing.`,
    section: 'MQTT',
  });

const path = (title: string) =>
  option(
    z
      .string()
      .trim()
      .max(256)
      .regex(/^([^.\s]+(\.[^.\s]+)*)?$/)
      .exactOptional(),
    {
      title,
      description: 'Where the text stands in a message that is JSON: names with dots between them. Leave it empty if the message is the text itself.',
      section: 'MQTT',
      placeholder: 'event.type',
      allowed: 'names with dots between them, like event.type',
    },
  );

/** What the outside world says about a camera over MQTT. */
export const cameraMqttOptions = {
  mqttMotionTopic: topic('cameras/door/motion', 'Topic for motion', 'A message under this topic means that something moves.'),
  mqttMotionMessage: message('Message for motion', 'that something moves'),
  mqttMotionPath: path('Motion: place in JSON'),
  mqttMotionResetTopic: topic('cameras/door/motion', 'Topic for the end of motion', 'A message under this topic means that nothing moves any more. May be the same as for motion if the messages differ. With it, motion lasts until then, at most ten minutes; without, as long as set under "Motion".'),
  mqttMotionResetMessage: message('Message for the end of motion', 'that nothing moves any more'),
  mqttMotionResetPath: path('End of motion: place in JSON'),
  mqttDoorbellTopic: topic('cameras/door/button', 'Topic for the doorbell', 'A message under this topic means that somebody rings. The option "Doorbell" must be on.'),
  mqttDoorbellMessage: message('Message for the doorbell', 'that somebody rings'),
  mqttDoorbellPath: path('Doorbell: place in JSON'),
  frigateCamera: option(optionalText(64), {
    title: 'Camera in Frigate',
    description: 'What this camera is called in Frigate: what Frigate sees is then motion here.',
    section: 'MQTT',
    placeholder: 'front_door',
  }),
  frigateLabels: option(z.array(z.string().trim().min(1).max(64)).max(32).default(['person']), {
    title: 'What Frigate is to look for',
    description: 'Labels that count as motion: person, car, dog and so on. An empty list means everything.',
    section: 'MQTT',
    allowed: 'a list of at most 32 labels, like ["person", "car"]',
  }),
} as const;

/** The broker. */
export const mqttOptions = {
  mqttUrl: option(
    z
      .string()
      .trim()
      .max(512)
      .regex(/^\s*((mqtts?|wss?):\/\/\S+\s*)?$/)
      .refine((text) => text === '' || (URL.canParse(text) && new URL(text).hostname !== ''))
      .exactOptional(),
    {
      title: 'Broker',
      description: 'The address of an MQTT broker. Cameras are then told of motion and doorbells by it, and report what happens. Leave it empty to do without. User name and password may stand in it, but have options of their own, which win.',
      section: 'MQTT',
      placeholder: 'mqtt://192.168.1.5:1883',
      allowed: 'an address that starts with mqtt://, mqtts:// (encrypted), ws:// or wss://',
    },
  ),
  mqttUsername: option(optionalText(256), { title: 'User name', description: 'For the broker, where it asks for one.', section: 'MQTT' }),
  mqttPassword: option(optionalText(256), { title: 'Password', description: 'For the broker, where it asks for one.', section: 'MQTT', secret: true }),
  mqttCa: option(optionalText(1024), {
    title: 'Certificate file',
    description: 'Path of the certificate (PEM) of the authority that signed the one of the broker. Leave it empty for those that are known everywhere.',
    section: 'MQTT',
    placeholder: '/etc/mosquitto/ca.pem',
  }),
  mqttVerify: option(z.boolean().default(true), {
    title: 'Check the certificate',
    description: 'Leave this on, unless the broker is encrypted with a certificate that nobody signed. Off, anybody in the network can pass for the broker.',
    section: 'MQTT',
  }),
  mqttBaseTopic: option(
    z
      .string()
      .trim()
      .min(1)
      .max(128)
      .regex(/^[^+#\s/][^+#\s]*$/)
      .default('camera-hub'),
    {
      title: 'Topic under which cameras report',
      description: 'Motion, doorbell, online, recording, problems and cost of each camera are published under this topic.',
      section: 'MQTT',
      allowed: 'a topic of at most 128 characters without blanks, + and #',
    },
  ),
  mqttHomeAssistant: option(z.boolean().default(false), {
    title: 'Show the cameras in Home Assistant',
    description: 'Publishes what Home Assistant needs to find the sensors of the cameras by itself (MQTT discovery). Switching it off again does not remove them there.',
    section: 'MQTT',
  }),
  frigateTopic: option(followedTopic, {
    title: 'Topic of Frigate',
    description: 'Under which Frigate publishes its events. Leave it empty for frigate/events.',
    section: 'MQTT',
    placeholder: 'frigate/events',
    allowed: topicAllowed,
  }),
} as const;

/** The door for those who can only open an address. */
export const httpOptions = {
  httpPort: option(z.int().min(1).max(65_535).exactOptional(), {
    title: 'Port',
    description: 'Lets cameras and scripts report motion and doorbells by opening an address on this port, and lets you read there how the cameras are (/status, and /metrics for Prometheus). Leave it empty to do without.',
    section: 'HTTP',
    placeholder: '8582',
    allowed: 'a whole number from 1 to 65535',
  }),
  httpAddress: option(
    z
      .string()
      .trim()
      .max(64)
      .regex(/^[A-Za-z0-9.:%_-]*$/)
      .default('127.0.0.1'),
    {
      title: 'Reachable at',
      description: 'Where the port is open. 127.0.0.1 means: from this machine only. Set it to 0.0.0.0 (or :: with IPv6) so that cameras in your network reach it.',
      section: 'HTTP',
      allowed: 'an IP address of this machine, 0.0.0.0 or ::',
    },
  ),
  httpToken: option(
    z
      .string()
      .trim()
      .regex(/^(\S{8,256})?$/)
      .exactOptional(),
    {
    title: 'Token',
    description: 'Must be given with every request, so that nobody else rings at your door or reads how your cameras are. At least eight characters; needed as soon as a port is set.',
    section: 'HTTP',
    allowed: 'a text of 8 to 256 characters without blanks',
    secret: true,
  }),
  httpOldUrls: option(z.boolean().default(false), {
    title: 'Accept the addresses of homebridge-camera-ffmpeg',
    description: 'Also takes /motion?camera name, /motion/reset?camera name and /doorbell?camera name, without a token, so that cameras that are set up for that plugin go on working. Everybody who reaches the port can use them.',
    section: 'HTTP',
  }),
} as const;
