import { describe, expect, test } from 'vitest';
import { closeOpen } from './closeOpen';
import { CORPUS, mountMarkdown } from './fixtures';

describe('the end of a text that is being written', () => {
  test.each([
    // emphasis
    ['a **bol', 'a **bol**'],
    ['a **', 'a '],
    ['a **bold*', 'a **bold**'],
    ['a **bold** and *it', 'a **bold** and *it*'],
    ['a *it **both', 'a *it **both***'],
    ['__under', '__under__'],
    ['~~stru', '~~stru~~'],
    ['a **bold ', 'a **bold**'],
    ['5 * 3 and snake_case', '5 * 3 and snake_case'],
    ['about ~5 of', 'about ~5 of'],
    ['**a\n\nb', '**a\n\nb'],
    ['- **a\n- b', '- **a\n- b'],
    ['done **bold**', 'done **bold**'],
    // code
    ['a `cod', 'a `cod`'],
    ['a `', 'a '],
    ['a ``co`de', 'a ``co`de``'],
    ['a ``code`', 'a ``code``'],
    ['a `**b', 'a `**b`'],
    ['done `code`', 'done `code`'],
    // links and images
    ['see [tex', 'see [tex](ck-pending:)'],
    ['see [text]', 'see [text](ck-pending:)'],
    ['see [text](http://a.te', 'see [text](ck-pending:)'],
    ['see [**text', 'see [**text**](ck-pending:)'],
    ['see [text](http://a.test "ti', 'see [text](ck-pending:)'],
    ['see [text](http://a.test)', 'see [text](http://a.test)'],
    ['see [1] and', 'see [1] and'],
    ['look ![al', 'look '],
    ['look ![alt](http://a.te', 'look '],
    ['look !', 'look '],
    ['hello!', 'hello!'],
    ['<https://a.te', ''],
    ['a <!-- note', 'a '],
    ['a &am', 'a '],
    ['a \\', 'a '],
    // starts of blocks
    ['- ', ''],
    ['a\n\n-', 'a\n\n'],
    ['- a\n- ', '- a\n'],
    ['- [', ''],
    ['- [x] ', ''],
    ['#', ''],
    ['para\n- **', 'para\n'],
    ['## ', ''],
    ['>', ''],
    ['> a\n> ', '> a\n'],
    ['> - ', ''],
    ['12.', ''],
    ['para\n-', 'para\n'],
    ['para\n==', 'para\n'],
    ['a\n\n***', 'a\n\n'],
    ['[id]: http://a', ''],
    // fences
    ['``', ''],
    ['```p', '```'],
    ['```py\nx = `1', '```py\nx = `1'],
    ['```py\nx\n``', '```py\nx\n'],
    ['```py\n**x', '```py\n**x'],
    ['```py\nx\n```\n**y', '```py\nx\n```\n**y**'],
    ['- a\n  ```\n  b *c', '- a\n  ```\n  b *c'],
    // tables
    ['|', ''],
    ['| a', '| a |\n|---|'],
    ['| a | b |', '| a | b |\n|---|---|'],
    ['| a | **b', '| a | **b** |\n|---|---|'],
    ['| a | b |\n', '| a | b |\n|---|---|'],
    ['| a | b |\n|--', '| a | b |\n|---|---|'],
    ['| a | b |\n|:-|-:|', '| a | b |\n|:-|-:|'],
    ['| a | b |\n|---|---|\n| **x', '| a | b |\n|---|---|\n| **x**'],
    ['| a | b |\n|---|---|\n|', '| a | b |\n|---|---|\n'],
    ['a | b\n--', 'a | b\n'],
  ])('%j becomes %j', (text, repaired) => {
    expect(closeOpen(text)).toBe(repaired);
  });

  test('text before the cut keeps its place', () => {
    for (const text of CORPUS) {
      for (let end = 0; end <= text.length; end++) {
        const repaired = closeOpen(text.slice(0, end));
        let same = 0;
        while (same < repaired.length && repaired[same] === text[same]) same++;
        // What differs is what was appended: no part of the text comes after it.
        expect(repaired.length - same).toBeLessThan(40);
      }
    }
  });

  test('no delimiter is ever seen while a well-formed answer arrives', () => {
    const answer = [
      '# Rivers\n\nThe **Nile** is *long*, says [the **atlas**](https://a.test/x_y?z=*) in `code`.\n\n',
      '- **First:** item with [link](https://a.test)\n- second ~~gone~~\n  - nested `x`\n\n1. one\n2. **two**\n\n',
      '| Name | **Length** |\n|:-----|-------:|\n| Nile | `6650` km |\n| [Amazon](https://b.test) | 6400 |\n\n',
      '> A *quote* with ***both***\n> and more\n\n![map](https://images.test/m.png) Then:\n\n',
      '```js\nlet a = 1;\n```\n\nA setext heading\n===\n\n- [ ] task\n- [x] done\n\n---\n\nLast &copy; least\\.',
    ].join('');
    const { root, show } = mountMarkdown({ streaming: true });
    for (let end = 1; end <= answer.length; end++) {
      show({ text: answer.slice(0, end), streaming: true });
      expect(root.textContent, answer.slice(0, end)).not.toMatch(/[*_`~[\]|#<\\&]|https?:|^>|--|==/);
    }
    root.remove();
  });
});
