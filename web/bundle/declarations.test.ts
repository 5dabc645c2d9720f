// @vitest-environment node
/** The declarations compile in a strict project that uses the element as ChatKit's own types let it, and more. */
import ts from 'typescript';
import { expect, test } from 'vitest';
import { declarations } from './declarations';

const DECLARATIONS = `${import.meta.dirname}/chatkit.d.ts`;
const PAGE = `${import.meta.dirname}/page.ts`;
const OPTIONS: ts.CompilerOptions = {
  ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, types: [] },
  ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

/** What the compiler says of the declarations, and of a page that was written against them. */
function complaints(written: string, page: string): string[] {
  const files = new Map([
    [DECLARATIONS, written],
    [PAGE, page],
  ]);
  const host = ts.createCompilerHost(OPTIONS);
  const read = host.readFile.bind(host);
  host.readFile = (name) => files.get(name) ?? read(name);
  const exists = host.fileExists.bind(host);
  host.fileExists = (name) => files.has(name) || exists(name);
  const program = ts.createProgram([PAGE], OPTIONS, { ...host, getSourceFile: sourceOf });
  function sourceOf(name: string, how: ts.ScriptTarget | ts.CreateSourceFileOptions) {
    const text = files.get(name);
    return text === undefined ? host.getSourceFile(name, how) : ts.createSourceFile(name, text, how);
  }
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

const PATIENCE = 180_000; // two compilations, on a machine with other things to do

test(
  'a page uses the whole of ChatKit and what is ours; what is wrong is refused',
  { timeout: PATIENCE },
  () => {
    const page = `
    import type { ChatKitEvents, ChatKitOptions, OpenAIChatKit, StartScreenPrompt, Widgets } from './chatkit';
    import type { OpenAIChatKit as Vendors } from '@openai/chatkit';
    declare const chat: OpenAIChatKit;
    const options: ChatKitOptions = {
      api: { url: '/chatkit', domainKey: 'local' },
      theme: { colorScheme: 'dark', radius: 'pill' },
      startScreen: { prompts: [{ label: 'Hi', prompt: 'Hello' } satisfies StartScreenPrompt] },
    };
    chat.setOptions(options);
    chat.options = options;
    const vendors: Vendors = chat;
    const ours: OpenAIChatKit = vendors;
    const found = document.querySelector('openai-chatkit');
    found?.setOptions(options);
    document.createElement('openai-chatkit').setOptions(options);
    chat.addEventListener('chatkit.thread.change', (event) => event.detail.threadId?.length);
    const sent: Promise<void> = chat.sendAction({ type: 'x' });
    export const all = [ours, found, sent] as const;
    export type Card = Widgets.Card;
    export type Ready = ChatKitEvents['chatkit.ready'];
    // @ts-expect-error
    void chat.sendAction({ kind: 'x' });
    // @ts-expect-error
    chat.setOptions({ api: { url: 1 } });
    // @ts-expect-error
    chat.doesNotExist();
  `;
    const written = declarations('src/element.ts', 'ChatKitElement');
    expect(complaints(written, page)).toEqual([]);
  },
);
