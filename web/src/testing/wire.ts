/** The recorded wire fixtures that the Python tests read too. */
const files = import.meta.glob<string>('../../../tests/wire/*', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export function wire(name: string): string {
  const text = files[`../../../tests/wire/${name}`];
  if (text === undefined) throw new Error(`there is no tests/wire/${name}`);
  return text;
}

export function wireJson(name: string): unknown {
  return JSON.parse(wire(name));
}
