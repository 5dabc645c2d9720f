import { describe, expect, test } from 'vitest';
import { CORPUS, dice, html, mountMarkdown, normalised, randomMarkdown } from './fixtures';

/** The DOM after `text` has arrived in random pieces. */
function streamed(text: string, seed: number): string {
  const { below } = dice(seed);
  const { root, show } = mountMarkdown({ streaming: true });
  for (let end = 0; end < text.length;) {
    end = Math.min(text.length, end + 1 + below(12));
    show({ text: text.slice(0, end), streaming: true });
  }
  show({ text, streaming: false });
  const result = normalised(root);
  root.remove();
  return result;
}

describe('an answer that arrived in pieces looks like one that came whole', () => {
  test.each(CORPUS.map((text, i) => [i, text] as const))('corpus %i', (i, text) => {
    const whole = html({ text });
    for (let seed = 0; seed < 2; seed++) expect(streamed(text, i * 10 + seed)).toBe(whole);
  });

  test('the whole corpus as one answer', () => {
    const text = CORPUS.filter((_, i) => i !== 14 && i !== 21).join('\n\n');
    expect(streamed(text, 1)).toBe(html({ text }));
  });

  test('random text', { timeout: 60_000 }, () => {
    for (let seed = 1; seed <= 120; seed++) {
      const text = randomMarkdown(seed, 60);
      expect(streamed(text, seed), JSON.stringify(text)).toBe(html({ text }));
    }
  });
});
