/** Light or dark: what the page's theme says, which may be what the system says. */
import { useEffect, useState } from 'preact/hooks';
import { useView } from '../views/view';

export type Scheme = 'light' | 'dark';

export function useScheme(): Scheme {
  const chosen = useView().options.value.theme.colorScheme as Scheme | 'system' | undefined;
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [isNight, setNight] = useState(query.matches);
  useEffect(() => {
    const follow = (): void => setNight(query.matches);
    query.addEventListener('change', follow);
    return () => {
      query.removeEventListener('change', follow);
    };
  }, []);
  if (chosen === 'system') return isNight ? 'dark' : 'light';
  return chosen === 'dark' ? 'dark' : 'light';
}
