import { Chat } from './Chat';
import { ErrorBoundary } from './ErrorBoundary';
import { StepsPanel } from './StepsPanel';
import { TopBar } from './TopBar';

export function App() {
  return (
    <ErrorBoundary>
      <div className="flex h-dvh flex-col">
        <TopBar />
        <main className="relative grid min-h-0 grow overflow-hidden border-t border-slate-200 bg-white lg:mx-6 lg:mb-6 lg:grid-cols-[1fr_20rem] lg:rounded-2xl lg:border lg:shadow-sm dark:border-slate-800 dark:bg-slate-900">
          <Chat />
          <StepsPanel />
        </main>
      </div>
    </ErrorBoundary>
  );
}
