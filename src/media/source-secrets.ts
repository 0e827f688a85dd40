/**
 * What of a camera's source nobody is to read: user and password, keys in a path, tokens in a query, the values of FFmpeg's options.
 * Pure.
 */

/** An address in its parts, as it was written. `rest`: from the first of / ? # on. */
interface AddressParts {
  readonly scheme: string;
  readonly login: string;
  readonly path: readonly string[];
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** Blanking shorter words would leave nothing of what FFmpeg says. */
const shortestSecret = 4;

/** Values of a query that have no telling name are taken for keys from this length on. */
const shortestUnnamedKey = 8;

const secretName = /user|usr|login|account|pass|pwd|psw|token|secret|auth|key|sig|streamid/i;

/** Options of FFmpeg's inputs whose values may be read by anybody; the values of all others are taken for secrets. */
const openOptions: ReadonlySet<string> = new Set(
  (
    '-f -framerate -r -video_size -s -pixel_format -pix_fmt -input_format -vcodec -acodec -c -c:v -c:a -codec -codec:v -codec:a -thread_queue_size -sample_rate -channels -ch_layout ' +
    '-ar -ac -ss -t -re -readrate -itsoffset -loop -stream_loop -fflags -flags -rtsp_transport -rtsp_flags -allowed_media_types -timeout -rw_timeout -listen_timeout -analyzeduration ' +
    '-probesize -fpsprobesize -max_delay -reorder_queue_size -buffer_size -use_wallclock_as_timestamps -hwaccel -threads -map -an -sn -dn -vn -live_start_index -user_agent -method'
  ).split(' '),
);

/** A random word: too long for a name, with letters and digits. UniFi Protect has sixteen of them as the path of a stream. */
const keyLike = /^(?=.*\d)(?=.*[a-z])[a-z\d]{16,}$/i;

/** Whether a word is a key by its looks. */
export function looksLikeKey(word: string): boolean {
  return keyLike.test(word);
}

/** Whether a parameter of a query with this name is about who asks. */
export function namesSecret(parameter: string): boolean {
  return secretName.test(parameter);
}

/** An argument's address, wherever in it that begins; undefined where it has none. */
export function addressIn(argument: string): string | undefined {
  return /[a-z][a-z0-9+.-]*:\/\/.*$/is.exec(argument)?.[0];
}

/** What must not be told of an address, in all the forms in which FFmpeg may say it. */
export function secretsInAddress(url: string): string[] {
  const { scheme, login, path, query } = partsOf(url);
  const password = login.slice(login.indexOf(':') + 1);
  const keys = path.filter(looksLikeKey);
  const values = query.flatMap(([name, value]) => (namesSecret(name) || (scheme.startsWith('http') && value.length >= shortestUnnamedKey) ? [value] : []));
  return allForms([login, password, ...keys, ...values, ...(scheme.startsWith('rtmp') ? streamKeys(url, path, query) : [])]);
}

/** What must not be told of FFmpeg's arguments. */
export function secretsInArguments(list: readonly string[]): string[] {
  const secrets = list.flatMap((argument, index) => {
    const address = addressIn(argument);
    // Not the schemes of addresses: FFmpeg names who speaks by them.
    const parts = mayBeSecret(list, index) ? [argument, ...argument.replace(/[a-z][a-z0-9+.-]*:\/\//gi, ' ').split(/[\s:=;,&]+/)] : [];
    return address === undefined ? parts : [...secretsInAddress(address), ...parts];
  });
  return allForms(secrets);
}

/** FFmpeg's arguments without the values that may be secret; addresses as `shown` gives them. */
export function openArguments(list: readonly string[], shown: (address: string) => string): string[] {
  return list.map((argument, index) => {
    if (mayBeSecret(list, index)) {
      return '***';
    }
    const address = addressIn(argument);
    return address === undefined ? argument : `${argument.slice(0, argument.length - address.length)}${shown(address)}`;
  });
}

/** Whether an argument is the value of an option that is not known to be harmless. */
function mayBeSecret(list: readonly string[], index: number): boolean {
  const [option = '', argument = ''] = [list[index - 1], list[index]];
  return option.startsWith('-') && option !== '-i' && !openOptions.has(option) && !argument.startsWith('-');
}

/** What stands behind the application of an RTMP server is who may see the stream, or send it. */
function streamKeys(url: string, [, ...path]: readonly string[], query: AddressParts['query']): string[] {
  const behindApplication = /^[a-z]+:\/\/[^/?#]*\/[^/?#]+\/(.+)$/is.exec(url)?.[1] ?? '';
  return [behindApplication, ...path, ...query.map(([, value]) => value)];
}

function partsOf(url: string): AddressParts {
  const [, scheme = '', login = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(?:(.*)@)?[^/?#]*(.*)$/is.exec(url.trim()) ?? [];
  const [path = '', ...query] = rest.split('?');
  const parameters = query.join('?').split('&').filter((each) => each !== '');
  return {
    scheme: scheme.toLowerCase(),
    login,
    path: path.split('/').filter((part) => part !== ''),
    query: parameters.map((each) => [each.split('=')[0] ?? '', each.slice(each.indexOf('=') + 1)] as const),
  };
}

/** Each also without percent-encoding; what is too short to be one is left out. */
function allForms(secrets: readonly string[]): string[] {
  return [...new Set(secrets.flatMap((each) => [each, decoded(each)]))].filter(({ length }) => length >= shortestSecret);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
