import { Component, type ReactNode } from 'react';

/** Shows what went wrong in place of an empty page. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main role="alert" className="grid h-full place-content-center gap-3 p-6 text-center">
        <h1 className="text-lg font-semibold">Something broke on this page</h1>
        <p className="text-slate-600 dark:text-slate-400">{error.message}</p>
        <button
          type="button"
          onClick={() => location.reload()}
          className="mx-auto min-h-11 rounded-lg bg-teal-700 px-4 font-medium text-white"
        >
          Reload
        </button>
      </main>
    );
  }
}
