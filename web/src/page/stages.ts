/**
 * The stages of an answer, as the server tells them in `chatkit.effect` events named `chatkeep.step`. Pure: no DOM.
 *
 * They are all there from the start, so that what is to come can be seen too; a tool call adds another round.
 */

export const STEP = 'chatkeep.step';

export interface Stage {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'done' | 'ended';
  readonly title: string;
  readonly detail: string;
  readonly documents: readonly string[];
  readonly milliseconds: number | null;
}

type Data = Readonly<Record<string, unknown>>;

const stage = (name: string, title: string, detail: string): Stage => ({
  name,
  state: 'waiting',
  title,
  detail,
  documents: [],
  milliseconds: null,
});

const ROUND: readonly Stage[] = [
  stage('search', 'Search the documents', 'By words and by meaning'),
  stage('answer', 'Ask the model', 'With the passages that were found'),
  stage('check', 'Check the citations', 'Each against the words of its passage'),
];

/** Before anything is asked. */
export const idle: readonly Stage[] = ROUND;

const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  search: { running: 'Searching the documents', done: 'Searched the documents' },
  answer: { running: 'Waiting for the model', writing: 'Writing the answer', done: 'Wrote the answer' },
  check: { running: 'Checking the citations', done: 'Checked the citations' },
};

/** The stages after the server has said `data`; what it says of stages unknown here changes nothing. */
export function advance(stages: readonly Stage[], data: Data): readonly Stage[] {
  const { step, state } = data;
  if (step === 'tool') return called(stages, data);
  const place = stages.findIndex(
    ({ name, state: now }) => name === step && now !== 'done' && now !== 'ended',
  );
  const known = stages[place];
  const title = WORDS[String(step)]?.[String(state)];
  if (!known || title === undefined) return stages;
  return stages.with(place, {
    ...known,
    title,
    state: state === 'done' ? 'done' : 'running',
    detail: state === 'done' ? found(known.name, data) : '',
    documents: state === 'done' ? documents(data) : [],
    milliseconds: number(data.milliseconds),
  });
}

/** The stages once the answer is over: what was under way was broken off, what waited is not to come. */
export function over(stages: readonly Stage[]): readonly Stage[] {
  return stages
    .filter(({ state }) => state !== 'waiting')
    .map((each) => (each.state === 'running' ? { ...each, state: 'ended', detail: 'Broken off' } : each));
}

/** The model has called a tool of the page in place of an answer: another round follows. */
function called(stages: readonly Stage[], data: Data): readonly Stage[] {
  const tool: Stage = {
    ...stage('tool', 'Asked the page for something', typeof data.tool === 'string' ? data.tool : ''),
    state: 'done',
    milliseconds: number(data.milliseconds),
  };
  const begun = stages.filter(({ state }) => state !== 'waiting');
  const done = begun.filter(({ name, state }) => !(name === 'answer' && state === 'running'));
  return [...done, tool, ...ROUND];
}

function found(name: string, data: Data): string {
  switch (name) {
    case 'search':
      return `${several(number(data.passages) ?? 0, 'passage')} found`;
    case 'check': {
      const unsupported = number(data.unsupported) ?? 0;
      const cited = `${several(number(data.cited) ?? 0, 'citation')} checked`;
      return unsupported ? `${cited}, ${several(unsupported, 'statement')} without support` : cited;
    }
    default:
      return '';
  }
}

function documents(data: Data): string[] {
  const listed: unknown[] = Array.isArray(data.documents) ? data.documents : [];
  return listed.flatMap((each) => {
    const title: unknown = (each as { title?: unknown } | null)?.title;
    return typeof title === 'string' ? [title] : [];
  });
}

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const several = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
