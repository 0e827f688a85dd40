import { z } from 'zod';
import { optionTexts, sections } from './option-text.js';
import { platformSchema } from './options.js';

/** An entry of the form layout that homebridge-config-ui-x understands (that of json-schema-form for Angular). */
type LayoutItem = string | { readonly [property: string]: unknown; readonly items: readonly LayoutItem[] };

/** The content of config.schema.json: what Homebridge's settings page shows and checks, made from the option definitions. */
export function configSchema() {
  const { $schema: _, ...schema } = z.toJSONSchema(platformSchema, {
    target: 'draft-7',
    io: 'input',
    metadata: optionTexts,
    override: ({ jsonSchema }) => forSettingsPage(jsonSchema),
  });
  return {
    pluginAlias: 'CameraHub',
    pluginType: 'platform',
    singular: true,
    strictValidation: true,
    headerDisplay: 'Add a camera with its name and its address, such as rtsp://192.168.1.20/stream1. Everything else can stay as it is. "test:" as the source is a test picture.',
    footerDisplay: 'After saving, restart Homebridge. Then add each new camera in the Home app: Add Accessory, More options; the code is the one of Homebridge.',
    schema,
    layout: layout(),
  };
}

/** config.schema.json as it lies on disk. */
export function configSchemaText(): string {
  return `${JSON.stringify(configSchema(), undefined, 2)}\n`;
}

function forSettingsPage(schema: Record<string, unknown>): void {
  const { choices, type } = schema;
  if (typeof choices === 'object' && choices !== null) {
    schema.oneOf = Object.entries(choices).map(([value, title]) => ({ title: String(title), const: type === 'number' ? Number(value) : value }));
    delete schema.enum;
  }
  // Ours, not JSON schema's.
  delete schema.choices;
  delete schema.section;
  delete schema.allowed;
  delete schema.secret;
}

/** Name and source in sight, the rest under headings that fold. An option that is added to the schema turns up here by itself. */
function layout(): LayoutItem[] {
  const { cameras, ...own } = platformSchema.shape;
  const camera = cameras.unwrap().element.shape;
  return [
    {
      key: 'cameras',
      type: 'tabarray',
      title: "{{ value.name || 'New camera' }}",
      items: folded(camera, 'cameras[].', { key: 'cameras[]' }),
    },
    ...folded(own, '', {}),
  ];
}

function folded(shape: Readonly<Record<string, z.ZodType>>, prefix: string, at: Readonly<Record<string, string>>): LayoutItem[] {
  const under = (section: string | undefined) => Object.keys(shape).filter((name) => shape[name] && optionTexts.get(shape[name])?.section === section);
  const headings = sections
    .filter((section) => under(section).length > 0)
    .map((section) => ({ ...at, type: 'section', title: section, expandable: true, expanded: false, items: under(section).map((name) => prefix + name) }));
  return [...under(undefined).map((name) => prefix + name), ...headings];
}
