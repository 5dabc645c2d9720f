/**
 * Everything a person or the page can do in a conversation, each with its rules and its events.
 *
 * Above: the element's methods and the views. Below: turns, threads and history, which share one store.
 */
import type { Attachment, Entity, UserMessageContent as PageContent } from '@openai/chatkit';
import { later } from '../lazy';
import type { Options, Prompt } from '../options';
import { beginningOf } from '../protocol/additions';
import { asError, IntegrationError } from '../protocol/errors';
import type {
  InferenceOptions,
  StructuredInputItem,
  UserMessageContent,
  UserMessageInput,
} from '../protocol/types.gen';
import { isObject } from '../protocol/wire';
import { emptyDraft, fromContent, toContent } from '../state/draft';
import { emptyChat } from '../state/model';
import { feedbackIds, hasUnsent } from '../state/selectors';
import type { Answers, Rating } from '../state/store';
import type { Turn } from '../state/turns';
import type { Attachments } from './attachments';
import { log, type Context } from './context';
import { History } from './history';
import { Tabs, type RunNews } from './tabs';
import { Threads } from './threads';
import { Turns } from './turns';

const attaching = later(() => import('./attachments'));

export interface OutgoingMessage {
  text?: string;
  content?: readonly PageContent[];
  reply?: string;
  attachments?: readonly Attachment[];
  newThread?: boolean;
  toolChoice?: { id: string };
  model?: string;
}

export interface ComposerValue {
  text?: string;
  content?: readonly PageContent[];
  reply?: string;
  attachments?: readonly Attachment[];
  files?: readonly File[];
  selectedToolId?: string | null;
  selectedModelId?: string;
}

/** What stands in the composer, in the terms in which `setComposerValue` takes it. */
export interface ComposerContents {
  readonly text: string;
  readonly content: readonly UserMessageContent[];
  readonly reply: string;
  /** Those that are uploaded. */
  readonly attachments: readonly Attachment[];
  readonly selectedToolId: string | null;
  readonly selectedModelId: string | null;
}

export class Conversation {
  readonly #context: Context;
  readonly history: History;
  readonly #turns: Turns;
  readonly #threads: Threads;
  readonly #tabs: Tabs;
  /** A run of another tab that there was no time for yet. */
  #news: RunNews | null = null;
  #uploads: Attachments | null = null;

  constructor(context: Context) {
    this.#context = context;
    this.history = new History(context);
    this.#tabs = new Tabs(context, (news) => {
      this.#news = news;
      this.#join();
    });
    this.#turns = new Turns(context, {
      onRun: (news) => {
        this.#tabs.tell(news);
      },
      onEnd: (hasGap) => {
        if (hasGap) void this.#fillGap();
        else this.#join();
      },
    });
    this.#threads = new Threads(context, {
      onRun: (threadId, after) => {
        this.#turns.attach(threadId, after);
      },
      onOpened: () => {
        this.#join();
      },
    });
  }

  /** For the parts of the conversation that are loaded later. */
  get context(): Context {
    return this.#context;
  }

  /** The first requests: the list of conversations and the thread to begin with. */
  begin(): void {
    this.#tabs.open();
    void this.history.load();
    const { options, store } = this.#context;
    const { initialThread } = options();
    // The page may have begun something else already.
    const isUntouched = store.phase.value === 'idle' && store.chat.value === emptyChat;
    if (initialThread !== null && isUntouched) void this.#threads.open(initialThread, false);
  }

  /** After the element has been away from the page. */
  resume(): void {
    this.#tabs.open();
    void this.history.load();
    const threadId = this.#context.store.chat.value.thread?.id ?? this.#threads.opening;
    if (threadId !== null) void this.#threads.open(threadId, false);
  }

  /** Lets go of whatever is under way; a server that can resume goes on with it. */
  abort(): void {
    this.history.settle();
    this.#tabs.close();
    this.#news = null;
    void this.#turns.leave();
    this.#threads.abort();
    this.#uploads?.abort();
    this.#context.store.isDictating.value = false;
  }

  /** Another server: nothing of the old one's may stay. */
  reset(): void {
    const { store } = this.#context;
    this.abort();
    this.#context.client.forget();
    this.#turns.forget();
    this.#tabs.open();
    this.history.clear();
    if (store.chat.value !== emptyChat || this.#threads.opening !== null) this.#threads.startNew();
    void this.history.load();
  }

  /** Keeps the selections that still exist and falls back to defaults for the rest. */
  applyOptions(options: Options): void {
    const { store } = this.#context;
    if (!options.history.isEnabled) this.history.close();
    if (!options.tools.some((tool) => tool.id === store.toolId.value)) this.selectTool(null, 'options');
    const usable = options.models.filter((model) => !model.disabled);
    if (!usable.some((model) => model.id === store.modelId.value)) {
      store.modelId.value = (usable.find((model) => model.default) ?? usable[0])?.id ?? null;
    }
  }

  /** The composer's draft as a message; false if there is nothing to send now. */
  submit(): boolean {
    const { store, options } = this.#context;
    if (!this.hasDraft() || !this.canSubmit()) return false;
    const { content, attachments, reply } = this.composerContents();
    const toolId = store.toolId.value;
    store.draft.value = emptyDraft;
    store.files.value = [];
    store.composerProblem.value = null;
    this.#sendQuietly({
      content,
      attachments,
      reply,
      ...(toolId !== null && { toolChoice: { id: toolId } }),
    });
    if (!options().tools.find((tool) => tool.id === toolId)?.persistent) this.selectTool(null, 'submit');
    return true;
  }

  choosePrompt(prompt: Prompt): void {
    if (!this.canSubmit()) return;
    const isText = typeof prompt.prompt === 'string';
    log(this.#context, 'startScreenPrompt.select', { text: prompt.label });
    this.#sendQuietly(isText ? { text: prompt.prompt } : { content: prompt.prompt });
  }

  /** Whether there is something to send, all of it at the server that is to be. */
  hasDraft(): boolean {
    const { draft, files } = this.#context.store;
    if (files.value.some((file) => file.state !== 'ready')) return false;
    return draft.value.text.trim() !== '' || files.value.length > 0;
  }

  canSubmit(): boolean {
    const { phase, thread, failure } = this.#context.store;
    const status = thread.value?.status?.type ?? 'active';
    return phase.value === 'idle' && status === 'active' && failure.value?.plan?.kind !== 'reload';
  }

  /** Settles when the server has begun to answer. */
  async sendUserMessage(message: OutgoingMessage): Promise<void> {
    this.#assertIdle('sendUserMessage');
    const { store } = this.#context;
    const content = contentOf(message);
    const attachments = message.attachments ?? [];
    if (content.every((part) => part.text.trim() === '') && attachments.length === 0) {
      throw new IntegrationError('sendUserMessage() ignored - the message is empty');
    }
    const model = message.model ?? store.modelId.value;
    const inference: InferenceOptions = {
      ...(message.toolChoice && { tool_choice: { id: message.toolChoice.id } }),
      ...(model !== null && { model }),
    };
    const input: UserMessageInput = {
      content,
      quoted_text: message.reply ?? '',
      attachments: attachments.map((attachment) => attachment.id),
      inference_options: inference,
    };
    const local = { content, quoted_text: message.reply ?? '', attachments: [...attachments] };
    await this.#turns.send(input, local, message.newThread ?? false);
  }

  async sendCustomAction(action: { type: string; payload?: unknown }, itemId?: string): Promise<void> {
    this.#assertIdle('sendCustomAction');
    const threadId = this.#context.store.chat.value.thread?.id;
    if (threadId === undefined) throw new IntegrationError('sendCustomAction() ignored - no active thread');
    const { type, payload } = action;
    await this.#turns.act(threadId, payload === undefined ? { type } : { type, payload }, itemId);
  }

  async setThreadId(threadId: string | null): Promise<void> {
    this.#assertIdle('setThreadId');
    this.history.close();
    const { thread, failure } = this.#context.store.chat.value;
    // What could not be loaded is left by asking for a new thread, too.
    if (threadId === (thread?.id ?? null) && failure?.plan?.kind !== 'reload') return;
    if (threadId === null) this.#threads.startNew();
    else await this.#threads.open(threadId, true);
  }

  /** Settles when the files are on their way; the parts that are not given stay as they are. */
  async setComposerValue(value: ComposerValue): Promise<void> {
    const { store, options, emit } = this.#context;
    const draft = store.draft.value;
    const isGiven = value.content !== undefined || value.text !== undefined;
    const written = isGiven ? fromContent(contentOf(value)) : draft;
    store.draft.value = { ...draft, ...written, quote: value.reply ?? draft.quote };
    const { selectedToolId: toolId, selectedModelId: modelId } = value;
    if (toolId === null || options().tools.some((tool) => tool.id === toolId)) {
      this.selectTool(toolId ?? null, 'method');
    } else if (toolId !== undefined) {
      emit('chatkit.error', { error: new IntegrationError(`there is no tool "${toolId}"`) });
    }
    if (options().models.some((model) => model.id === modelId && !model.disabled)) {
      store.modelId.value = modelId ?? null;
    } else if (modelId !== undefined) {
      emit('chatkit.error', { error: new IntegrationError(`there is no model "${modelId}" to select`) });
    }
    const { attachments, files } = value;
    if (!attachments && !files) return;
    await this.withAttachments((all) => {
      if (attachments) all.place(attachments);
      if (files) all.add(files);
    });
  }

  composerContents(): ComposerContents {
    const { draft, files, toolId, modelId } = this.#context.store;
    return {
      text: draft.value.text,
      content: toContent(draft.value),
      reply: draft.value.quote,
      attachments: files.value.flatMap((file) => file.attachment ?? []),
      selectedToolId: toolId.value,
      selectedModelId: modelId.value,
    };
  }

  /** Does something about the attachments; what uploads them comes when it is first needed. */
  async withAttachments(work: (attachments: Attachments) => void): Promise<void> {
    try {
      const { Attachments } = await attaching.load();
      work((this.#uploads ??= new Attachments(this.#context)));
    } catch (thrown) {
      this.report(thrown);
    }
  }

  /** Answers the questions that the thread ends with, or passes over them. */
  answer(item: StructuredInputItem, answers: Answers | null): void {
    const { store } = this.#context;
    if (!this.canSubmit()) return;
    if (answers) store.answers.value = { [item.id]: answers };
    const input = answers ? ({ status: 'answered', answers } as const) : ({ status: 'skipped' } as const);
    this.#turns.answer(item.thread_id, item.id, input).catch(() => undefined);
  }

  /** Tells the page that an entity was clicked, if it wants to know and may. */
  clickEntity(entity: Entity): void {
    this.attempt(() => {
      if (entity.interactive) this.#context.options().entities.click?.(entity);
    });
  }

  /** Does what the page wants done at a click; what goes wrong there is told, and breaks nothing here. */
  attempt(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.report(thrown);
    }
  }

  /** The widget that the page shows of an entity; null for none. */
  async previewEntity(entity: Entity): Promise<unknown> {
    if (!entity.interactive) return null;
    try {
      return (await this.#context.options().entities.preview?.(entity)) ?? null;
    } catch (thrown) {
      this.report(thrown);
      return null;
    }
  }

  /** What was said in a recording, which is base64. */
  async transcribe(audio: string, mime: string, signal: AbortSignal): Promise<string> {
    const params = { audio_base64: audio, mime_type: mime };
    const reply = await this.#context.client.ask({ type: 'input.transcribe', params }, signal);
    return isObject(reply) && typeof reply.text === 'string' ? reply.text : '';
  }

  report(thrown: unknown): void {
    this.#context.emit('chatkit.error', { error: asError(thrown) });
  }

  /** The next message answers this part of an earlier one. */
  quote(text: string): void {
    const { draft } = this.#context.store;
    draft.value = { ...draft.value, quote: text };
  }

  selectTool(toolId: string | null, source: string): void {
    const { store, emit } = this.#context;
    if (store.toolId.value === toolId) return;
    store.toolId.value = toolId;
    emit('chatkit.tool.change', { toolId });
    if (toolId !== null && source !== 'method')
      log(this.#context, 'composer.tool.select', { toolId, source });
  }

  stop(): void {
    if (this.#context.store.chat.value.canCancel) void this.#turns.stop();
  }

  /** Opens a row of the history, if the answer under way can be left. */
  async select(threadId: string): Promise<void> {
    const isShown = threadId === this.#context.store.chat.value.thread?.id;
    if (!(isShown && this.#turns.isResumable) && !(await this.#leave())) return;
    this.history.close();
    if (threadId !== this.#context.store.chat.value.thread?.id) await this.#threads.open(threadId, true);
  }

  async newChat(): Promise<void> {
    if (!(await this.#leave())) return;
    this.history.close();
    this.#threads.startNew();
    log(this.#context, 'newChat.create');
  }

  async deleteThread(threadId: string): Promise<void> {
    const isShown = this.#context.store.chat.value.thread?.id === threadId;
    if (isShown && !(await this.#leave(true))) return;
    this.history.delete(threadId, isShown);
    if (isShown) this.#threads.startNew();
  }

  /** Brings back what was deleted last; on screen too, if it was and nothing else has begun there. */
  async undoDelete(): Promise<void> {
    const { chat, phase } = this.#context.store;
    const deleted = this.history.undo();
    const isFree = phase.value === 'idle' && chat.value.thread === null && chat.value.entries.length === 0;
    if (deleted?.wasShown && isFree) await this.#threads.open(deleted.thread.id, true);
  }

  retryFailure(): void {
    const plan = this.#context.store.chat.value.failure?.plan;
    if (!plan || this.#context.store.phase.value !== 'idle') return;
    if (plan.kind === 'reload') void this.#threads.open(plan.threadId, false);
    else this.#turns.retry(plan).catch(() => undefined);
  }

  retryTurn(turn: Turn): void {
    if (turn.asked === null || this.#context.store.phase.value !== 'idle') return;
    log(this.#context, 'message.action', { action: 'retry' });
    this.#turns.retry({ kind: 'after_item', itemId: turn.asked }).catch(() => undefined);
  }

  rate(turn: Turn, rating: Rating): void {
    const { client, store, emit } = this.#context;
    const threadId = store.chat.value.thread?.id;
    if (threadId === undefined || store.ratings.value[turn.key] === rating) return;
    store.ratings.value = { ...store.ratings.value, [turn.key]: rating };
    log(this.#context, 'message.action', { action: `feedback.${rating}` });
    client.sendFeedback(threadId, feedbackIds(turn), rating).catch((thrown: unknown) => {
      emit('chatkit.error', { error: asError(thrown) });
    });
  }

  noteCopy(): void {
    log(this.#context, 'message.action', { action: 'copy' });
  }

  openDeeplink(name: string, data: Record<string, string>): void {
    this.#context.emit('chatkit.deeplink', { name, data });
  }

  dismissNotice(key: string): void {
    const { chat } = this.#context.store;
    chat.value = { ...chat.value, notices: chat.value.notices.filter((notice) => notice.key !== key) };
  }

  async showOlder(): Promise<void> {
    await this.#threads.showOlder();
  }

  async fetchUpdates(): Promise<void> {
    await Promise.all([this.#threads.refresh(), this.history.load()]);
  }

  /** The turn's own end shows and reports what went wrong. */
  #sendQuietly(message: OutgoingMessage): void {
    this.sendUserMessage(message).catch(() => undefined);
  }

  /**
   * Turns away from the answer under way, which goes on at a server that can resume unless it is to stop;
   * false if it must be waited for.
   */
  async #leave(isToStop = false): Promise<boolean> {
    const { phase, chat } = this.#context.store;
    this.#news = null;
    if (phase.value !== 'responding') return true;
    if (!chat.value.canCancel && (isToStop || !this.#turns.isResumable)) return false;
    await (isToStop ? this.#turns.stop() : this.#turns.leave());
    return true;
  }

  async #fillGap(): Promise<void> {
    await this.#threads.refresh().catch(() => undefined);
    this.#join();
  }

  /** Follows the run that another tab has begun, once nothing else goes on, if its thread is shown here. */
  #join(): void {
    const { chat, phase } = this.#context.store;
    const news = this.#news;
    if (!news || phase.value !== 'idle') return;
    this.#news = null;
    const { threadId, runId, retried } = news;
    const isNew = chat.value.thread?.id === threadId && !this.#turns.hasFollowed(runId);
    if (!isNew || hasUnsent(chat.value)) return;
    if (retried !== null) this.#turns.dropAnswers(retried);
    this.#turns.attach(threadId, beginningOf(runId));
  }

  #assertIdle(method: string): void {
    const phase = this.#context.store.phase.value;
    if (phase === 'responding') throw new IntegrationError(`${method}() ignored - already responding`);
    if (phase === 'loading') throw new IntegrationError(`${method}() ignored - thread is loading`);
  }
}

/** Content as the wire wants it: a tag's data is required there. */
function contentOf(message: { text?: string; content?: readonly PageContent[] }): UserMessageContent[] {
  if (!message.content) return [{ type: 'input_text', text: message.text ?? '' }];
  return message.content.map((part) =>
    part.type === 'input_tag' ? { ...part, data: part.data ?? {} } : part,
  );
}
