import { expect, test } from '@jest/globals';
import { cameraKeys } from '../../../src/triggers/camera-key.js';

const keyOf = (name: string) => cameraKeys([{ name }])[0];

test.each([
  ['Front Door', 'front-door'],
  ['  Küche / Süd (2)  ', 'kuche-sud-2'],
  ['Straße Ørsted Łódź', 'strasse-orsted-lodz'],
  ['Entrée—Garage', 'entree-garage'],
  ['№1 ﬁeld', 'no1-field'],
  ['_+#/$', 'camera'],
  ['玄関', 'camera'],
])('%j is %s in topics', (name, key) => {
  expect(keyOf(name)).toBe(key);
});

test('no two cameras have one key, whatever they are called', () => {
  const keys = cameraKeys([{ name: 'Door' }, { name: 'door!' }, { name: 'Door-2' }, { name: 'DOOR' }, { name: 'Yard', id: 'door-3' }, { name: 'Gate', id: 'Door' }]);
  expect(keys).toEqual(['door', 'door-2', 'door-2-2', 'door-4', 'door-3', 'Door']);
  expect(cameraKeys([{ name: '玄関' }, { name: '庭' }])).toEqual(['camera', 'camera-2']);
});

test('a configured id is kept as it is, and no name takes it, wherever it stands', () => {
  expect(cameraKeys([{ name: 'Gate' }, { name: 'Other', id: 'gate' }])).toEqual(['gate-2', 'gate']);
  expect(cameraKeys([{ name: 'Gate', id: 'My_Gate-1' }])).toEqual(['My_Gate-1']);
});
