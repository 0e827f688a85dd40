/**
 * Takes user names, passwords, tokens and SRTP keys out of text that may reach a log, an error or a page:
 * `rtsp://joe:secret@host` becomes `rtsp://***@host`. Works on any text, with any number of addresses in it, and rather
 * takes too much than too little: passwords are often written into an address as they are, with / @ # or blanks.
 * @param secrets What is to be taken out besides, wherever it stands: what no pattern can know. None is empty.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  // The longest first: a part of it would leave the rest.
  const blanked = secrets.toSorted((a, b) => b.length - a.length).reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return rules.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), blanked);
}

// Lengths are bounded because FFmpeg's output may be one line of any length, and these run on all of it.
const rules: readonly (readonly [RegExp, string])[] = [
  // Up to the last @ of the word: joe:pa/ss@w@host.
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)\S{0,2000}@/gi, '$1***@'],
  // A password with blanks in it, unless what looks like it is a port. The @ of FFmpeg's `[rtsp @ 0x5581]` has a blank behind it.
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]{1,200}:(?!\d{1,5}(?:[^\w\s-]|$))[^\r\n]{0,200}@(?=[\w[])/gi, '$1***@'],
  // The scheme forgotten or mistyped: joe:secret@host, rtsp:/joe:secret@host.
  [/[^\s'"@:/]{1,200}:(?!\/\/)[^\s'"]{0,400}@/g, '***@'],
  [/([?&;][^=&\s]{0,60}(?:pass|pwd|psw|token|secret|key|auth|user|usr|login|account|sig|streamid)[^=&\s]{0,60}=)[^&\s'"]*/gi, '$1***'],
  // The key of a stream: behind the application of an RTMP server.
  [/(rtmp[a-z]{0,3}:\/\/[^\s/]{1,300}\/[^\s/?]{1,200}\/)[^\s'"]+/gi, '$1***'],
  // In the path, as XiongMai cameras have it: /user=admin_password=secret_channel=1_stream=0.sdp.
  [/([/_,](?:user(?:name)?|usr|pass(?:word|wd)?|pwd|psw|token)=)[^&?\s'"]*/gi, '$1***'],
  [/("[^"]{0,60}(?:pass|pwd|token|secret|authori[sz]ation)[^"]{0,60}"\s{0,10}:\s{0,10})"(?:[^"\\]|\\.)*"/gi, '$1"***"'],
  [/((?:authorization|cookie):\s*)[^\r\n]*/gi, '$1***'],
  // SRTP keys: in SDP (`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...`) and as FFmpeg's options.
  [/(\binline:)[A-Za-z0-9+/=]{8,}/g, '$1***'],
  [/(\bsrtp_(?:in|out)_params[\s=,'"]{1,4})[A-Za-z0-9+/=]+/g, '$1***'],
];
