/** Draws the stages of an answer beside the chat, as a list that grows downwards. Knows nothing of where they come from. */
import type { Stage } from './stages';

const SPOKEN: Readonly<Record<Stage['state'], string>> = {
  waiting: 'to come',
  running: 'under way',
  done: 'done',
  ended: 'broken off',
};

/** Shows `stages` in `list`. What did not change is left alone, so that nothing that runs begins anew. */
export function draw(list: HTMLElement, stages: readonly Stage[], shown: readonly Stage[]): void {
  stages.forEach((stage, place) => {
    if (stage === shown[place]) return;
    const row = drawn(stage);
    const old = list.children[place];
    if (old) old.replaceWith(row);
    else list.append(row);
  });
  while (list.children.length > stages.length) list.lastElementChild?.remove();
}

function drawn(stage: Stage): HTMLElement {
  const row = made('li', `stage stage-${stage.state}`);
  const head = made('p', 'stage-head');
  head.append(made('span', 'stage-title', stage.title));
  head.append(made('span', 'unseen', `, ${SPOKEN[stage.state]}`));
  if (stage.milliseconds !== null) head.append(made('span', 'stage-time', time(stage.milliseconds)));
  row.append(head);
  if (stage.detail !== '') row.append(made('p', 'stage-detail', stage.detail));
  if (stage.documents.length > 0) {
    const documents = made('ul', 'stage-documents');
    documents.append(...stage.documents.map((title) => made('li', '', title)));
    row.append(documents);
  }
  return row;
}

function made(tag: string, className: string, text = ''): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function time(milliseconds: number): string {
  if (milliseconds < 1) return '< 1 ms';
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
