/** The steps of an answer, as chatkeep tells them in `chatkit.effect` events named `chatkeep.step`. Pure. */

export interface Step {
  name: string;
  isRunning: boolean;
  title: string;
  detail: string;
  documents: { title: string; path: string }[];
  milliseconds: number | null;
}

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const several = (number: number, one: string, more = `${one}s`): string =>
  `${number} ${number === 1 ? one : more}`;

/** `steps` after the server has said `data`: the last of that name goes on, or a new one begins. */
export function advance(steps: readonly Step[], data: Record<string, unknown>): Step[] {
  const step = read(data);
  const last = steps.at(-1);
  return last?.name === step.name && last.isRunning ? [...steps.slice(0, -1), step] : [...steps, step];
}

function read(data: Record<string, unknown>): Step {
  const isRunning = data.state !== 'done';
  const milliseconds = typeof data.milliseconds === 'number' ? data.milliseconds : null;
  const name = String(data.step);
  return { name, isRunning, milliseconds, documents: [], detail: '', ...words(name, data, isRunning) };
}

function words(
  name: string,
  data: Record<string, unknown>,
  isRunning: boolean,
): Partial<Step> & { title: string } {
  switch (name) {
    case 'search':
      return isRunning
        ? { title: 'Searching the documents' }
        : {
            title: 'Searched the documents',
            detail: `${several(count(data.passages), 'passage')} found`,
            documents: Array.isArray(data.documents) ? (data.documents as Step['documents']) : [],
          };
    case 'answer':
      if (data.state === 'writing') return { title: 'Writing the answer', detail: 'The model has begun' };
      return { title: isRunning ? 'Asking the model' : 'Wrote the answer' };
    case 'check':
      return isRunning
        ? { title: 'Checking the citations' }
        : { title: 'Checked the citations', detail: checked(data) };
    case 'tool':
      return { title: 'Asked this page for something', detail: String(data.tool) };
    default:
      return { title: name };
  }
}

function checked(data: Record<string, unknown>): string {
  const unsupported = count(data.unsupported);
  const found = `${several(count(data.cited), 'citation')} checked`;
  return unsupported ? `${found}, ${several(unsupported, 'statement')} without support` : found;
}
