import type { CameraConfig } from '../../config/options.js';
import { pluginName } from '../../settings.js';
import type { ReportedCamera } from '../camera-reports.js';
import { press } from './camera-publisher.js';
import type { CameraTopics, Topics } from './topics.js';

/** Home Assistant says "online" here when it has started. */
export const homeAssistantStatus = 'homeassistant/status';

interface Entity {
  readonly component: 'binary_sensor' | 'event';
  readonly report: keyof CameraTopics;
  /** Without a name an entity is called after its device class, in the language of the house. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What else is known, as its attributes: a template turns that into the names and values that they have to be. */
  readonly attributes?: { readonly report: keyof CameraTopics; readonly template: string };
  readonly shown: (config: CameraConfig) => boolean;
}

const always = () => true;

const entities: readonly Entity[] = [
  { component: 'binary_sensor', report: 'motion', options: { device_class: 'motion' }, shown: always },
  { component: 'binary_sensor', report: 'online', options: { device_class: 'connectivity', entity_category: 'diagnostic' }, shown: always },
  { component: 'binary_sensor', report: 'recording', options: { device_class: 'running', name: 'Recording' }, shown: always },
  {
    component: 'binary_sensor',
    report: 'problem',
    options: { device_class: 'problem', entity_category: 'diagnostic' },
    attributes: { report: 'problems', template: "{{ {'problems': value_json} | tojson }}" },
    shown: always,
  },
  { component: 'event', report: 'doorbell', options: { device_class: 'doorbell', name: 'Doorbell', event_types: [press.eventType] }, shown: ({ doorbell }) => doorbell },
];

/** A message that Home Assistant finds an entity by; with an empty one it forgets it. Kept by the broker. */
export interface DiscoveryMessage {
  readonly topic: string;
  readonly payload: string;
}

/**
 * What shows a camera in Home Assistant: home-assistant.io/integrations/mqtt, "MQTT discovery". One message for each entity, as also
 * older releases, openHAB and others understand; the values of the topics are those that Home Assistant expects by itself.
 */
export function discoveryMessages({ key, config }: Pick<ReportedCamera, 'key' | 'config'>, topics: Topics, version: string): DiscoveryMessage[] {
  // Only letters, digits, _ and - may stand in its topics.
  const node = `${topics.base}_${key}`.replace(/[^A-Za-z0-9_-]/g, '_');
  return entities.map(({ component, report, options, attributes, shown }) => ({
    topic: `homeassistant/${component}/${node}/${report}/config`,
    payload: shown(config)
      ? JSON.stringify({
          ...options,
          unique_id: `${node}_${report}`,
          state_topic: topics.of(key)[report],
          ...(attributes && { json_attributes_topic: topics.of(key)[attributes.report], json_attributes_template: attributes.template }),
          availability_topic: topics.status,
          device: { identifiers: [node], name: config.name, manufacturer: config.manufacturer, model: config.model, sw_version: version },
          origin: { name: pluginName, sw_version: version },
        })
      : '',
  }));
}
