/** Why a file was not taken, or nothing was understood. */
import type { VNode } from 'preact';
import { useView } from '../view';

export function Problem(): VNode | null {
  const { store, messages } = useView();
  const problem = store.composerProblem.value;
  const t = messages.value;
  if (!problem) return null;
  const words = (): string => {
    switch (problem.about) {
      case 'fileType':
        return t.fileTypeRefused({ name: problem.name });
      case 'fileSize':
        return t.fileTooLarge({ name: problem.name, size: t.format.size(problem.limit) });
      case 'fileCount':
        return t.tooManyFiles({ count: problem.limit });
      default:
        return t[problem.about];
    }
  };
  return (
    <p class="ck-problem" role="alert">
      {words()}
    </p>
  );
}
