import { expect, test } from 'vitest';
import type { Catalogue } from './message';
import { createWords, learn } from './words';

/** A server of catalogues that answers when the test says so. */
function shelf(): {
  load: (locale: string) => Promise<Catalogue>;
  asked: string[];
  deliver: () => void;
  lose: () => void;
} {
  const asked: string[] = [];
  let settle: { give: (catalogue: Catalogue) => void; fail: (error: Error) => void } | undefined;
  return {
    asked,
    load: (locale) =>
      new Promise<Catalogue>((give, fail) => {
        asked.push(locale);
        settle = {
          give: () => {
            give({ send: `send in ${locale}` });
          },
          fail,
        };
      }),
    deliver: () => settle?.give({}),
    lose: () => settle?.fail(new Error('offline')),
  };
}

test('English is shown until the translation is here', async () => {
  const { load, deliver } = shelf();
  const words = createWords(load);
  const arrival = words.want('de-DE');
  expect(words.messages.value.send).toBe('Send message');
  expect(words.messages.value.format.locale).toBe('en');
  deliver();
  await arrival;
  expect(words.messages.value.send).toBe('send in de-DE');
  expect(words.messages.value.copy).toBe('Copy');
  expect(words.messages.value.format.locale).toBe('de-DE');
});

test('a translation that is lost leaves English, and is asked for again', async () => {
  const { load, asked, deliver, lose } = shelf();
  const words = createWords(load);
  const first = words.want('fr-FR');
  lose();
  await first;
  expect(words.messages.value.send).toBe('Send message');
  const second = words.want('fr-FR');
  deliver();
  await second;
  expect(words.messages.value.send).toBe('send in fr-FR');
  expect(asked).toEqual(['fr-FR', 'fr-FR']);
});

test('a catalogue is fetched once, and English not at all', async () => {
  const { load, asked, deliver } = shelf();
  const words = createWords(load);
  await words.want('en-GB');
  const both = [words.want('ar'), words.want('ar')];
  deliver();
  await Promise.all(both);
  await words.want('ar');
  expect(asked).toEqual(['ar']);
});

test('a translation that comes too late does not replace the one wanted since', async () => {
  const { load, deliver } = shelf();
  const words = createWords(load);
  const late = words.want('de-DE');
  await words.want('en-GB');
  deliver();
  await late;
  expect(words.messages.value.send).toBe('Send message');
  expect(words.messages.value.format.locale).toBe('en-GB');
});

test('a part that comes later brings its English, which a translation has already', async () => {
  const { load, deliver } = shelf();
  const words = createWords(load);
  expect(words.messages.value.undo).toBeUndefined();
  learn({ undo: 'Undo' });
  expect(words.messages.value.undo).toBe('Undo');
  const arrival = words.want('de-DE');
  deliver();
  await arrival;
  expect([words.messages.value.send, words.messages.value.undo]).toEqual(['send in de-DE', 'Undo']);
});

test('what is known already changes nothing', () => {
  const words = createWords(shelf().load);
  const before = words.messages.value;
  learn({ send: 'Send message' });
  expect(words.messages.value).toBe(before);
});
