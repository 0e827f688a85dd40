import { z } from 'zod';

/** The headings that fold on the settings page. An option without one is always in sight. */
export const sections = ['Connection', 'Picture', 'Live view', 'Sound', 'Recording', 'Motion', 'Doorbell and sensors', 'MQTT', 'HTTP', 'Limits', 'Identity and details', 'Advanced'] as const;

/** What a person reads about an option: on the settings page, in the documentation, in an error. */
export interface OptionText {
  readonly title: string;
  /** Plain words for the person at home; says what happens when it is left as it is. */
  readonly description: string;
  readonly section?: (typeof sections)[number];
  /** An example, shown in the empty field. */
  readonly placeholder?: string;
  /** Completes "allowed is ..." where the bounds of the schema do not say it well enough. */
  readonly allowed?: string;
  /** A password or the like, or a group with one: never shown in an error. */
  readonly secret?: boolean;
  /** What each value of a choice is called on the settings page. */
  readonly choices?: Readonly<Record<string, string>>;
}

/** Titles, descriptions and sections of all options, kept beside their schemas. */
export const optionTexts = z.registry<OptionText>();

/** An option with what a person reads about it. */
export function option<Schema extends z.ZodType>(schema: Schema, text: OptionText): Schema {
  optionTexts.add(schema, text);
  return schema;
}

/** A text that may be left out. The settings page writes "" for an empty field, so its schema allows that; `readConfig` takes it for absent. */
export const optionalText = (maxLength: number) => z.string().trim().max(maxLength).exactOptional();

/** What is allowed for an option, in plain words that complete "allowed is ...". Made from the schema's own bounds. */
export function allowedFor(schema: z.ZodType): string {
  const said = optionTexts.get(schema)?.allowed;
  if (said !== undefined) {
    return said;
  }
  const { type, enum: values, minimum, maximum, minLength, maxLength } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  if (values) {
    const quoted = values.map((value) => JSON.stringify(value));
    return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
  }
  switch (type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number from ${minimum ?? 'any'} to ${maximum ?? 'any'}`;
    case 'string':
      return `a text of ${minLength === undefined ? 'at most' : `${minLength} to`} ${maxLength ?? 'any number of'} characters`;
    default:
      return 'something else';
  }
}
