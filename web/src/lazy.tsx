/**
 * What is not needed at first sight comes when it is: a module, or a view with its style sheet, in a chunk of
 * its own. `import()` is given a literal path, so that the build knows where to cut. What could not be loaded is
 * asked for again by the next one who wants it.
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { ComponentType, FunctionComponent, VNode } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import type { Catalogue } from './i18n/message';
import { learn } from './i18n/words';
import { ViewContext } from './views/view';

export interface Later<T> {
  /** What was loaded; undefined before. A view that reads it is rendered again when it comes. */
  readonly loaded: ReadonlySignal<T | undefined>;
  /** Whether the last attempt failed and none is under way. */
  readonly hasFailed: ReadonlySignal<boolean>;
  /** Loads once, however often it is called; rejects when that fails, and the next call tries again. */
  readonly load: () => Promise<T>;
  /** Loads for whoever comes later; a failure shows in `hasFailed` alone. */
  readonly prefetch: () => void;
}

/** A module that is loaded when it is first wanted: `const maths = later(() => import('./maths'))`. */
export function later<T>(importing: () => Promise<T>): Later<T> {
  const loaded = signal<T | undefined>(undefined);
  const hasFailed = signal(false);
  let loading: Promise<T> | undefined;
  const load = (): Promise<T> => {
    hasFailed.value = false;
    loading ??= importing().then(
      (module) => {
        if (isSpeaking(module)) learn(module.english);
        return (loaded.value = module);
      },
      (error: unknown) => {
        loading = undefined;
        hasFailed.value = true;
        throw error;
      },
    );
    return loading;
  };
  const prefetch = (): void => void load().catch(() => undefined);
  return { loaded, hasFailed, load, prefetch };
}

/** A module that says something exports what it says, in English. */
function isSpeaking(module: unknown): module is { readonly english: Catalogue } {
  return typeof module === 'object' && module !== null && 'english' in module;
}

/** What the module of a lazy view exports; `css` is adopted by the element's shadow root before it is shown. */
export interface ViewModule<P> {
  readonly default: ComponentType<P>;
  readonly css?: string;
}

export interface Meanwhile<P> {
  /** Shown until the view is there, with the view's own props; otherwise grey bones. */
  readonly loading?: (props: P) => VNode | null;
  /** Shown when it could not be loaded; otherwise a line that says so, with a button that tries again. */
  readonly failed?: (props: P) => VNode | null;
}

export type LazyView<P> = FunctionComponent<P> & {
  /** Loads it before it is shown, as when the pointer nears what will show it. */
  readonly prefetch: () => void;
};

/** A view that is loaded when it is first shown: `const Panel = lazy(() => import('./history/Panel'))`. */
export function lazy<P extends object>(
  importing: () => Promise<ViewModule<P>>,
  meanwhile: Meanwhile<P> = {},
): LazyView<P> {
  return part(later(importing), (module) => module.default, meanwhile);
}

/** A view out of a module that has several: all of them come when the first is shown. */
export function part<M extends { readonly css?: string }, P extends object>(
  { loaded, hasFailed, prefetch }: Later<M>,
  pick: (module: M) => ComponentType<P>,
  meanwhile: Meanwhile<P> = {},
): LazyView<P> {
  function Lazy(props: P): VNode | null {
    const view = useContext(ViewContext);
    useEffect(prefetch, []);
    const module = loaded.value;
    if (module) {
      if (module.css !== undefined) view?.adopt(module.css);
      const Loaded = pick(module);
      return <Loaded {...props} />;
    }
    if (!hasFailed.value) return meanwhile.loading ? meanwhile.loading(props) : <Bones />;
    return meanwhile.failed ? meanwhile.failed(props) : <Failure onRetry={prefetch} />;
  }
  return Object.assign(Lazy, { prefetch });
}

function Bones(): VNode {
  const label = useContext(ViewContext)?.messages.value.loadingPart;
  return (
    <div class="ck-skeleton" role="status" aria-label={label}>
      <span class="ck-bone" />
    </div>
  );
}

function Failure({ onRetry }: { onRetry: () => void }): VNode {
  const t = useContext(ViewContext)?.messages.value;
  return (
    <div class="ck-empty" role="alert">
      <p>{t?.partFailed}</p>
      <button
        type="button"
        class="ck-button"
        onClick={({ currentTarget, detail }) => {
          // Pressed by a key: the button is about to go, and the focus with it.
          const thread = currentTarget.closest('.ck-root')?.querySelector<HTMLElement>('.ck-scroll');
          if (detail === 0) thread?.focus();
          onRetry();
        }}
      >
        {t?.reload}
      </button>
    </div>
  );
}
