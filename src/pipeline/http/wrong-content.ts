import type { UselessContent } from '../../media/http-content.js';
import { Problem } from '../../problems.js';

const words: Readonly<Record<UselessContent, string>> = {
  page: 'a web page',
  png: 'a PNG picture',
  xml: 'data in XML',
  json: 'data in JSON',
};

/** Says what a camera gave in place of JPEGs or a video. */
export function wrongContent(content: UselessContent): Problem {
  return new Problem('camera-wrong-content', `it gives ${words[content]}`);
}
