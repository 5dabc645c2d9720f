/**
 * The words of one element: English at once, as far as its parts are loaded, the translation as soon as its catalogue is here. One that does not come
 * leaves English, and is asked for again when it is next wanted.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ImportCatalogue } from './catalogues';
import { en } from './en';
import { compile, type Catalogue, type Messages } from './message';

/** The English of all parts that are here. */
const known = signal<Catalogue>(en);

/** Takes in the English of a part that was loaded, before the part is shown. */
export function learn(english: Catalogue): void {
  const isNew = Object.keys(english).some((key) => !(key in known.value));
  if (isNew) known.value = { ...known.value, ...english };
}

export interface Words {
  /** In the locale wanted last, or in English until then. */
  readonly messages: ReadonlySignal<Messages>;
  /** Changes the locale, a resolved one. Settles when there is nothing more to wait for, and never rejects. */
  readonly want: (locale: string) => Promise<void>;
}

export function createWords(load: ImportCatalogue): Words {
  const wanted = signal('en');
  const loaded = signal<Readonly<Record<string, Catalogue>>>({});
  const coming = new Map<string, Promise<void>>();
  let failures = 0;
  const fetchOnce = async (locale: string): Promise<void> => {
    try {
      const catalogue = await load(locale, failures);
      loaded.value = { ...loaded.value, [locale]: catalogue };
    } catch {
      // English goes on being shown: no reason to disturb anybody.
      failures += 1;
    } finally {
      coming.delete(locale);
    }
  };
  return {
    messages: computed(() => {
      const locale = wanted.value;
      const catalogue = loaded.value[locale];
      const shown = catalogue || isEnglish(locale) ? locale : 'en';
      return compile(shown, known.value, catalogue) as unknown as Messages;
    }),
    want(locale) {
      wanted.value = locale;
      if (isEnglish(locale) || loaded.peek()[locale]) return Promise.resolve();
      const work = coming.get(locale) ?? fetchOnce(locale);
      coming.set(locale, work);
      return work;
    },
  };
}

function isEnglish(locale: string): boolean {
  return /^en(-|$)/i.test(locale);
}
