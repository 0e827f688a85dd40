/** Letters of European names that Unicode does not take apart into a plain letter and its marks. */
const plainLetters: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };

/**
 * What cameras are called in topics and addresses: the configured id as it is, else the name in lower-case ASCII letters,
 * digits and hyphens. No two are the same, given that the ids are not: of several equal names the later ones end in -2, -3.
 */
export function cameraKeys(cameras: readonly { readonly name: string; readonly id?: string | undefined }[]): string[] {
  const taken = new Set(cameras.map(({ id }) => id).filter((id) => id !== undefined));
  return cameras.map(({ name, id }) => {
    if (id !== undefined) {
      return id;
    }
    const plain = plainName(name);
    let key = plain;
    for (let number = 2; taken.has(key); number++) {
      key = `${plain}-${number}`;
    }
    taken.add(key);
    return key;
  });
}

function plainName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/gu, (letter) => plainLetters[letter] ?? (/\p{M}/u.test(letter) ? '' : '-'))
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '');
  return plain === '' ? 'camera' : plain;
}
