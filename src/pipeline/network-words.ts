const words: readonly { readonly code: RegExp; readonly words: string }[] = [
  { code: /^ECONNREFUSED$/, words: 'connection refused' },
  { code: /^(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/, words: 'no route to it' },
  { code: /^(?:ENOTFOUND|EAI_\w+)$/, words: 'its name is unknown' },
  { code: /^ETIMEDOUT$/, words: 'no answer' },
];

/** Why a connection could not be made, for people; never with an address in it. Undefined where it failed otherwise. */
export function networkWords({ code = '' }: NodeJS.ErrnoException): string | undefined {
  return words.find((each) => each.code.test(code))?.words;
}
