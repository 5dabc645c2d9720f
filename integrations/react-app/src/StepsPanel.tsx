/** What the server did for the answer: drawn from its client effects, without a widget. */
import { useDesk } from './store';
import type { Step } from './steps';

export function StepsPanel() {
  const { steps, isPanelOpen, setPanel } = useDesk();
  return (
    <aside
      id="steps"
      aria-label="Steps of the answer"
      className={`${isPanelOpen ? 'flex' : 'hidden'} absolute inset-0 z-10 flex-col overflow-y-auto bg-slate-50 p-5 lg:static lg:z-auto lg:flex lg:border-l lg:border-slate-200 dark:bg-slate-900 lg:dark:border-slate-800`}
    >
      <div className="flex items-center justify-between gap-2">
        <h2 className="font-semibold">Behind the answer</h2>
        <button
          type="button"
          onClick={() => setPanel(false)}
          className="min-h-11 rounded-lg px-3 text-sm font-medium text-teal-800 lg:hidden dark:text-teal-300"
        >
          Close
        </button>
      </div>
      {steps.length === 0 ? (
        <p className="mt-3 text-sm text-slate-600 dark:text-slate-400">
          Ask something: what the server does for the answer appears here while it is done.
        </p>
      ) : (
        <ol className="mt-4 flex flex-col">
          {steps.map((step, place) => (
            <Row key={place} step={step} isLast={place === steps.length - 1} />
          ))}
        </ol>
      )}
    </aside>
  );
}

function Row({ step, isLast }: { step: Step; isLast: boolean }) {
  return (
    <li className="grid grid-cols-[1.5rem_1fr] gap-x-3">
      <div className="flex flex-col items-center">
        <Mark isRunning={step.isRunning} />
        {!isLast && <span aria-hidden className="my-1 w-px grow bg-slate-300 dark:bg-slate-700" />}
      </div>
      <div className="min-w-0 pb-5 text-sm">
        <p className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className="font-medium">{step.title}</span>
          {step.milliseconds !== null && (
            <span className="text-xs text-slate-500 tabular-nums dark:text-slate-400">
              {time(step.milliseconds)}
            </span>
          )}
        </p>
        {step.detail && <p className="text-slate-600 dark:text-slate-400">{step.detail}</p>}
        {step.documents.length > 0 && (
          <ul className="mt-2 flex flex-col gap-1">
            {step.documents.map(({ title, path }) => (
              <li
                key={path}
                title={path}
                className="truncate rounded-md border border-slate-200 bg-white px-2.5 py-1 dark:border-slate-700 dark:bg-slate-800"
              >
                {title}
              </li>
            ))}
          </ul>
        )}
      </div>
    </li>
  );
}

function Mark({ isRunning }: { isRunning: boolean }) {
  return isRunning ? (
    <span
      role="img"
      aria-label="under way"
      className="mt-0.5 size-4 rounded-full border-2 border-slate-300 border-t-teal-700 motion-safe:animate-spin dark:border-slate-600 dark:border-t-teal-300"
    />
  ) : (
    <svg
      role="img"
      aria-label="done"
      viewBox="0 0 16 16"
      className="mt-0.5 size-4 shrink-0 text-teal-700 dark:text-teal-300"
    >
      <circle cx="8" cy="8" r="8" fill="currentColor" opacity="0.18" />
      <path
        d="m4.5 8.2 2.4 2.4 4.6-5"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
      />
    </svg>
  );
}

const seconds = new Intl.NumberFormat('en', { style: 'unit', unit: 'second', maximumFractionDigits: 1 });
const thousandths = new Intl.NumberFormat('en', {
  style: 'unit',
  unit: 'millisecond',
  maximumFractionDigits: 0,
});

function time(milliseconds: number): string {
  return milliseconds < 1000 ? thousandths.format(milliseconds) : seconds.format(milliseconds / 1000);
}
