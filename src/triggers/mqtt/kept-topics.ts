import type { MqttClient } from 'mqtt';

/**
 * Topics that the broker keeps the newest message of. Of each, one message is on its way at a time, and only the newest waits: a
 * broker that is slow to acknowledge is owed no more than that.
 */
export class KeptTopics {
  readonly #client: Pick<MqttClient, 'publish'>;
  /** What is on its way, with what is to follow it. */
  readonly #onTheirWay = new Map<string, { next?: string }>();

  constructor(client: Pick<MqttClient, 'publish'>) {
    this.#client = client;
  }

  publish(topic: string, payload: string): void {
    const before = this.#onTheirWay.get(topic);
    if (before) {
      before.next = payload;
      return;
    }
    const sent: { next?: string } = {};
    this.#onTheirWay.set(topic, sent);
    this.#client.publish(topic, payload, { qos: 1, retain: true }, (error) => {
      this.#onTheirWay.delete(topic);
      if (!error && sent.next !== undefined) {
        this.publish(topic, sent.next);
      }
    });
  }
}
