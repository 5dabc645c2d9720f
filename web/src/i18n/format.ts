/** Numbers, dates, durations and sizes as a locale writes them, all through `Intl`. */

export interface Formats {
  /** Whose words and numbers these are. */
  readonly locale: string;
  readonly number: (value: number) => string;
  /** Of a fraction: 0.25 is 25 %. */
  readonly percent: (fraction: number) => string;
  /** "1 minute 5 seconds", of seconds. */
  readonly duration: (seconds: number) => string;
  /** "1:05", of seconds. */
  readonly clock: (seconds: number) => string;
  /** "1.4 MB", of bytes. */
  readonly size: (bytes: number) => string;
  readonly date: (date: Date) => string;
  readonly time: (date: Date) => string;
  readonly dateTime: (date: Date) => string;
  /** "yesterday", "in 3 days". */
  readonly days: (days: number) => string;
  readonly plural: (count: number) => Intl.LDMLPluralRule;
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

export function formatsFor(locale: string): Formats {
  const number = (value: number, options?: Intl.NumberFormatOptions): string =>
    new Intl.NumberFormat(locale, options).format(value);
  const unit = (value: number, of: string, unitDisplay: 'long' | 'short'): string =>
    number(value, { style: 'unit', unit: of, unitDisplay, maximumFractionDigits: 1 });
  const date = (value: Date, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale, options).format(value);
  return {
    locale,
    number: (value) => number(value),
    percent: (fraction) => number(fraction, { style: 'percent' }),
    duration(seconds) {
      const whole = Math.max(0, Math.round(seconds));
      const amounts: [number, string][] = [
        [Math.floor(whole / 3600), 'hour'],
        [Math.floor(whole / 60) % 60, 'minute'],
        [whole % 60, 'second'],
      ];
      // As Intl.DurationFormat makes it, which not all browsers have.
      const parts = whole === 0 ? amounts.slice(-1) : amounts.filter(([amount]) => amount > 0);
      return new Intl.ListFormat(locale, { type: 'unit', style: 'long' }).format(
        parts.map(([amount, of]) => unit(amount, of, 'long')),
      );
    },
    clock: (seconds) =>
      `${number(Math.floor(seconds / 60))}:${number(Math.floor(seconds % 60), { minimumIntegerDigits: 2 })}`,
    size(bytes) {
      const step = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
      return unit(bytes / 1024 ** step, SIZES[step] ?? 'byte', step === 0 ? 'long' : 'short');
    },
    date: (value) => date(value, { dateStyle: 'medium' }),
    time: (value) => date(value, { timeStyle: 'short' }),
    dateTime: (value) => date(value, { dateStyle: 'medium', timeStyle: 'short' }),
    days: (days) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day'),
    plural: (count) => new Intl.PluralRules(locale).select(count),
  };
}
