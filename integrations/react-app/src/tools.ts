/** What the page does when the model asks for it. The model writes the arguments, so each is checked. */
import { useDesk } from './store';

export function carryOut({
  name,
  params,
}: {
  name: string;
  params: Record<string, unknown>;
}): Record<string, unknown> {
  if (name !== 'switch_theme') throw new Error(`This page has no tool ${name}.`);
  const { scheme } = params;
  if (scheme !== 'light' && scheme !== 'dark') throw new Error('scheme is "light" or "dark".');
  const { scheme: before, setScheme } = useDesk.getState();
  setScheme(scheme);
  return { shown: scheme, before };
}
