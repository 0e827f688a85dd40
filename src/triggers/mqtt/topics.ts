import type { PlatformConfig } from '../../config/options.js';

/** What is published of a camera, each under a topic of this name. */
const reports = ['motion', 'doorbell', 'online', 'recording', 'problem', 'problems', 'cost'] as const;

export type CameraTopics = Readonly<Record<(typeof reports)[number], string>>;

/** Where cameras report. */
export class Topics {
  readonly base: string;
  /** "online" or "offline": whether the plugin itself is there. */
  readonly status: string;

  constructor({ mqttBaseTopic }: Pick<PlatformConfig, 'mqttBaseTopic'>) {
    this.base = mqttBaseTopic.replace(/\/+$/, '');
    this.status = `${this.base}/status`;
  }

  of(key: string): CameraTopics {
    return Object.fromEntries(reports.map((report) => [report, `${this.base}/${key}/${report}`])) as CameraTopics;
  }
}
