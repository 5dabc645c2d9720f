/** What the steps of an answer are called. Pure. */
import type { Messages } from '../../i18n/message';
import type { Task } from '../../protocol/types.gen';

export function taskIcon(task: Task): string {
  if (task.type === 'custom') return task.icon ?? 'dot';
  return { web_search: 'globe', file: 'document', thought: 'dot', image: 'images' }[task.type];
}

export function taskTitle(task: Task, t: Messages): string {
  switch (task.type) {
    case 'web_search':
      return (
        task.title ??
        (task.title_query === undefined ? t.searchedWeb : t.searchingFor({ query: task.title_query }))
      );
    case 'file':
      return task.title ?? t.readFiles;
    case 'image':
      return task.title ?? t.madeImage;
    case 'thought':
      return splitThought(task).title;
    default:
      return task.title ?? '';
  }
}

/** Models often write a thought's title as its bold first line. */
export function splitThought(task: { title?: string; content?: string }): { title: string; body: string } {
  const content = task.content ?? '';
  if (task.title !== undefined) return { title: task.title, body: content };
  const bold = /^\s*\*\*(.+?)\*\*\s*/.exec(content);
  return bold ? { title: bold[1] ?? '', body: content.slice(bold[0].length) } : { title: '', body: content };
}
