/**
 * Puts a theme on the element. A colour scheme alone is a line of CSS beside `plain.css`; more is computed by a chunk,
 * and until that is there the element keeps what it wears, or is not seen if it wears nothing yet.
 */
import type { ThemeOption } from '@openai/chatkit';
import { later } from '../lazy';
import plain from './plain.css?inline';

const tailor = later(() => import('./tailor'));

export class Wardrobe {
  readonly sheet = new CSSStyleSheet();
  #wanted: ThemeOption | null = null;
  #fonts: ReadonlySet<string> = new Set();

  wear(theme: ThemeOption): void {
    const isFirst = this.#wanted === null;
    this.#wanted = theme;
    const { colorScheme, ...more } = theme;
    const name: string = colorScheme ?? '';
    const scheme = `:host{color-scheme:${name === 'system' ? 'light dark' : name === 'dark' ? name : 'light'}}`;
    if (Object.values(more).every((value: unknown) => value == null)) this.#put(scheme);
    else if (tailor.loaded.peek()) this.#putMade(theme);
    else {
      // Not seen, and yet there: it can have the focus.
      if (isFirst) this.#put(`${scheme}:host{opacity:0}`);
      void tailor
        .load()
        .catch(() => null)
        .then((isMade) => {
          if (this.#wanted !== theme) return;
          if (isMade) this.#putMade(theme);
          else this.#put(scheme);
        });
    }
  }

  #putMade(theme: ThemeOption): void {
    const made = tailor.loaded.peek();
    if (!made) return;
    this.#put(made.themeSheet(theme));
    this.#fonts = made.registerFonts(theme.typography?.fontSources ?? [], this.#fonts);
  }

  #put(css: string): void {
    this.sheet.replaceSync(plain + css);
  }
}
