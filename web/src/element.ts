/**
 * `<openai-chatkit>`: the public face. Options in, methods in, `chatkit.*` events out.
 *
 * Above: the host page. Below: one store, one conversation and one tree of views per element, so that several
 * on a page know nothing of each other. Nothing is dispatched synchronously: listeners may be added after
 * `setOptions`, as the React bindings do.
 */
import type { ChatKitEvents, ChatKitOptions, OpenAIChatKit } from '@openai/chatkit';
import { computed, signal } from '@preact/signals';
import { h, options as preact, render } from 'preact';
import {
  Conversation,
  type ComposerContents,
  type ComposerValue,
  type OutgoingMessage,
} from './conversation/conversation';
import { importCatalogue } from './i18n/catalogues';
import { createWords } from './i18n/words';
import { later } from './lazy';
import { readOptions, type Options } from './options';
import { Client } from './protocol/client';
import { IntegrationError } from './protocol/errors';
import { browser } from './protocol/surroundings';
import { isImageAllowed } from './state/selectors';
import { createStore } from './state/store';
import { Wardrobe } from './theme/wardrobe';
import { App } from './views/App';
import { extras } from './views/extras';
import { nextFrame, whenIdle } from './views/frames';
import { styles } from './views/styles';
import type { View } from './views/view';

const checking = later(() => import('./checkOptions'));

/** Node has no `HTMLElement`; importing the script there must not fail. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- stands in for a class that is not there
const Base = (typeof HTMLElement === 'undefined' ? class {} : HTMLElement) as typeof HTMLElement;

export class ChatKitElement extends Base implements OpenAIChatKit {
  readonly #options = signal<Options | null>(null);
  readonly #store = createStore();
  readonly #words = createWords(importCatalogue);
  readonly #wardrobe = new Wardrobe();
  readonly #conversation: Conversation;
  readonly #client: Client;
  readonly #root: ShadowRoot;
  #given: ChatKitOptions | null = null;
  #stage: 'blank' | 'starting' | 'ready' = 'blank';
  readonly #told = new Set<string>();
  #isAway = false;
  #waiting: CustomEvent[] = [];
  readonly #adopted = new Set<string>();

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: 'open' });
    this.#root.adoptedStyleSheets = [this.#wardrobe.sheet];
    this.#adopt(styles);
    this.#client = new Client({
      api: () => this.#known().api,
      locale: () => this.#known().locale,
      baseUrl: () => document.baseURI,
      hostedUrl,
      onMalformed: (error) => {
        this.#emit('chatkit.error', { error });
      },
    });
    this.#conversation = new Conversation({
      client: this.#client,
      surroundings: browser,
      store: this.#store,
      options: () => this.#known(),
      emit: (type, detail) => {
        this.#emit(type, detail);
      },
    });
  }

  get options(): ChatKitOptions | null {
    return this.#given;
  }

  set options(options: ChatKitOptions | null) {
    if (options) this.setOptions(options);
  }

  /** Applies the options as a whole; what a person is doing with the element goes on undisturbed. */
  setOptions(options: ChatKitOptions): void {
    const next = readOptions(options, navigator.language);
    const before = this.#options.peek();
    this.#given = options;
    // What was deleted at the old server is settled there.
    if (before && !hasSameServer(before, next)) this.#conversation.history.settle();
    this.#options.value = next;
    void this.#words.want(next.locale);
    this.#wardrobe.wear(next.theme);
    this.#conversation.applyOptions(next);
    if (this.#stage === 'ready') void this.#check();
    if (before && !hasSameServer(before, next)) this.#conversation.reset();
    if (this.isConnected) this.#start();
  }

  connectedCallback(): void {
    if (Object.hasOwn(this, 'options')) this.#adoptEarlyOptions();
    if (this.#options.peek()) this.#start();
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#mount();
    this.#conversation.resume();
  }

  disconnectedCallback(): void {
    // A move within the document detaches and attaches in one task: that is no departure.
    setTimeout(() => {
      if (this.isConnected || this.#stage === 'blank' || this.#isAway) return;
      this.#isAway = true;
      this.#conversation.abort();
      render(null, this.#root);
    });
  }

  focusComposer(): Promise<void> {
    this.#root.querySelector<HTMLElement>('.ck-input')?.focus();
    return Promise.resolve();
  }

  async setThreadId(threadId: string | null | undefined): Promise<void> {
    this.#assertConfigured('setThreadId');
    await this.#conversation.setThreadId(threadId ?? null);
  }

  async sendUserMessage(message: OutgoingMessage): Promise<void> {
    this.#assertConfigured('sendUserMessage');
    await this.#conversation.sendUserMessage(message);
  }

  async setComposerValue(value: ComposerValue): Promise<void> {
    this.#assertConfigured('setComposerValue');
    await this.#conversation.setComposerValue(value);
  }

  /** Ours, beyond ChatKit: what stands in the composer, as `setComposerValue` takes it. */
  // eslint-disable-next-line @typescript-eslint/require-await -- a failure must be a rejection
  async getComposerValue(): Promise<ComposerContents> {
    this.#assertConfigured('getComposerValue');
    return this.#conversation.composerContents();
  }

  async sendCustomAction(action: { type: string; payload?: unknown }, itemId?: string): Promise<void> {
    this.#assertConfigured('sendCustomAction');
    await this.#conversation.sendCustomAction(action, itemId);
  }

  /** The name that early integrations used. */
  sendAction(action: { type: string; payload?: unknown }, itemId?: string): Promise<void> {
    return this.sendCustomAction(action, itemId);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a failure must be a rejection
  async showHistory(): Promise<void> {
    this.#assertConfigured('showHistory');
    if (!this.#known().history.isEnabled)
      throw new IntegrationError('showHistory() ignored - history is disabled');
    this.#conversation.history.open();
  }

  hideHistory(): Promise<void> {
    this.#conversation.history.close();
    return Promise.resolve();
  }

  /** Ours, beyond ChatKit: whether the history is open. */
  get isHistoryOpen(): boolean {
    return this.#store.isHistoryOpen.value;
  }

  async fetchUpdates(): Promise<void> {
    this.#assertConfigured('fetchUpdates');
    await this.#conversation.fetchUpdates();
  }

  /**
   * Says what is wrong with the options: each thing once, however often the page sets it. A name that means nothing
   * here is for whoever looks at the console: the page may have been written for a later ChatKit, and is not broken.
   */
  async #check(): Promise<void> {
    // What cannot be loaded says nothing: it helps whoever builds the page, and nobody else.
    const checks = await checking.load().catch(() => null);
    for (const { text, isHarmless } of checks?.checkOptions(this.#given) ?? []) {
      if (this.#told.has(text)) continue;
      this.#told.add(text);
      const error = new IntegrationError(text);
      if (isHarmless) console.warn(error.message);
      else this.#emit('chatkit.error', { error });
    }
  }

  #known(): Options {
    return this.#options.value ?? readOptions({}, navigator.language);
  }

  #assertConfigured(method: string): void {
    if (!this.#options.peek()) throw new IntegrationError(`${method}() ignored - setOptions() comes first`);
  }

  /** `options` assigned before the script had defined the element is an own property that hides the accessor. */
  #adoptEarlyOptions(): void {
    const early = this.options;
    Reflect.deleteProperty(this, 'options');
    if (early) this.setOptions(early);
  }

  #start(): void {
    if (this.#stage !== 'blank') return;
    this.#stage = 'starting';
    this.#mount();
    this.#emit('chatkit.ready', undefined);
    this.#emit('chatkit.log', { name: 'app.init', data: {} });
    // Early enough to lose no time; what comes of it is still held back until `ready` has been heard.
    queueMicrotask(() => {
      this.#conversation.begin();
    });
    nextFrame(() =>
      setTimeout(() => {
        this.#stage = 'ready';
        for (const event of this.#waiting.splice(0)) this.dispatchEvent(event);
        // Whatever is not seen at first comes after all that is.
        whenIdle(() => {
          extras.prefetch();
          void this.#check();
        });
      }),
    );
  }

  #mount(): void {
    const view: View = {
      conversation: this.#conversation,
      store: this.#store,
      options: computed(() => this.#known()),
      messages: this.#words.messages,
      resolveUrl: (href) => this.#resolve(href),
      isImageAllowed: (url) => isImageAllowed(this.#store.thread.value, url, this.#ownOrigins()),
      onDeeplink: (name, data) => {
        this.#conversation.openDeeplink(name, data);
      },
      adopt: (css) => {
        this.#adopt(css);
      },
      focusComposer: () => void this.focusComposer(),
    };
    // However many words arrive in a frame, it is drawn once.
    preact.debounceRendering = nextFrame;
    render(h(App, { view }), this.#root);
  }

  #adopt(css: string): void {
    if (this.#adopted.has(css)) return;
    this.#adopted.add(css);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.#root.adoptedStyleSheets.push(sheet);
  }

  #emit<K extends keyof ChatKitEvents>(type: K, detail: ChatKitEvents[K]['detail']): void {
    const event = new CustomEvent(type, { detail, bubbles: true, composed: true });
    if (this.#stage === 'ready') this.dispatchEvent(event);
    // `ready` comes first, whatever was reported before the views were there.
    else if (type === 'chatkit.ready') this.#waiting.unshift(event);
    else this.#waiting.push(event);
  }

  #resolve(href: string): string {
    try {
      return new URL(href, this.#client.endpoint()).href;
    } catch {
      return href;
    }
  }

  #ownOrigins(): string[] {
    return [location.origin, new URL(this.#resolve('/'), document.baseURI).origin];
  }
}

function hasSameServer(a: Options, b: Options): boolean {
  return a.api.url === b.api.url && !a.api.getClientSecret === !b.api.getClientSecret;
}

/** Hosted options name no endpoint: the script tag or a global of the page does. */
function hostedUrl(): string | undefined {
  const tag = document.querySelector<HTMLScriptElement>('script[data-api-url]')?.dataset.apiUrl;
  const { CHATKIT_API_URL: url } = globalThis as { CHATKIT_API_URL?: unknown };
  return tag ?? (typeof url === 'string' ? url : undefined);
}
