/**
 * Takes user names and passwords out of text that may reach a log, an error or a page: `rtsp://joe:secret@host` becomes
 * `rtsp://***@host`; secrets in query parameters become `***`. Works on any text, with any number of addresses in it.
 */
export function redact(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s'"]*@/gi, '$1***@')
    .replace(/([?&][^=&\s]*(?:pass|pwd|token|secret|key|auth|user|usr|sig)[^=&\s]*=)[^&\s'"]*/gi, '$1***')
    .replace(/(authorization:\s*)[^\r\n]*/gi, '$1***');
}
