import { useDesk } from './store';

const BUTTON =
  'inline-flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-lg px-3 text-sm font-medium hover:bg-slate-200 dark:hover:bg-slate-800';

export function TopBar() {
  const { scheme, setScheme, steps, isPanelOpen, setPanel } = useDesk();
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <header className="flex items-center gap-2 px-4 py-2 lg:px-6">
      <h1 className="flex items-center gap-2.5 text-base font-semibold">
        <svg viewBox="0 0 24 24" aria-hidden className="size-6 text-teal-700 dark:text-teal-300">
          <path
            d="M4 5a2 2 0 0 1 2-2h8l6 6v10a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zm9-1.5V10h6.5M8 13.5h8M8 17h5"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.8"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
        Docs desk
      </h1>
      <div className="ml-auto flex items-center">
        <button
          type="button"
          aria-expanded={isPanelOpen}
          aria-controls="steps"
          onClick={() => setPanel(!isPanelOpen)}
          className={`${BUTTON} lg:hidden`}
        >
          Steps
          {steps.length > 0 && (
            <span className="rounded-full bg-teal-700 px-1.5 text-xs text-white dark:bg-teal-300 dark:text-slate-950">
              {steps.length}
            </span>
          )}
        </button>
        <button
          type="button"
          aria-label={`Switch to ${other} colours`}
          onClick={() => setScheme(other)}
          className={BUTTON}
        >
          <svg viewBox="0 0 24 24" aria-hidden className="size-5">
            <path
              d={
                scheme === 'dark'
                  ? 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0-6v2m0 16v2M4.9 4.9l1.4 1.4m11.4 11.4 1.4 1.4M2 12h2m16 0h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4'
                  : 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z'
              }
              fill="none"
              stroke="currentColor"
              strokeWidth="1.8"
              strokeLinecap="round"
              strokeLinejoin="round"
            />
          </svg>
        </button>
      </div>
    </header>
  );
}
