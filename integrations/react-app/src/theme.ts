/** The element in the application's colours. */
import type { ThemeOption } from '@openai/chatkit-react';
import type { Scheme } from './store';

export function chatTheme(scheme: Scheme): ThemeOption {
  const isDark = scheme === 'dark';
  return {
    colorScheme: scheme,
    radius: 'round',
    color: {
      accent: { primary: isDark ? '#2dd4bf' : '#0f766e', level: 1 },
      grayscale: { hue: 220, tint: 4 },
      surface: isDark
        ? { background: '#0f172a', foreground: '#1e293b' }
        : { background: '#ffffff', foreground: '#ffffff' },
    },
  };
}
