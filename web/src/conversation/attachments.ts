/**
 * The files that go with the next message: checked, uploaded the way the page's server wants it, taken back.
 *
 * Above: `Conversation` and the composer's views, which load this with the first file. Below: the client, and
 * the one request with which bytes are sent.
 */
import type { Attachment as PageAttachment } from '@openai/chatkit';
import { asError, RequestFailed } from '../protocol/errors';
import type { Attachment, AttachmentUploadDescriptor } from '../protocol/types.gen';
import { isObject } from '../protocol/wire';
import type { ComposerProblem, DraftFile } from '../state/store';
import type { Context } from './context';
import { DEFAULT_LIMITS, isAccepted, sizeLimit } from './limits';
import { sendBytes, type Send } from './upload';

export class Attachments {
  private readonly underWay = new Map<string, AbortController>();
  private added = 0;

  constructor(
    private readonly context: Context,
    private readonly send: Send = sendBytes,
  ) {}

  /** Takes what may be taken and begins to upload it; what may not is named in the composer. */
  add(files: Iterable<File>): void {
    const { store, options } = this.context;
    const limits = options().attachments ?? DEFAULT_LIMITS;
    let problem: ComposerProblem | null = null;
    for (const file of files) {
      const limit = sizeLimit(file.type, limits.maxSize);
      if (store.files.value.length >= limits.maxCount)
        problem = { about: 'fileCount', limit: limits.maxCount };
      else if (!isAccepted(file, limits.accept)) problem = { about: 'fileType', name: file.name };
      else if (file.size > limit) problem = { about: 'fileSize', name: file.name, limit };
      else this.begin(file);
    }
    store.composerProblem.value = problem;
  }

  /** Puts what the page has uploaded in place of what is there. */
  place(attachments: readonly PageAttachment[]): void {
    const { store } = this.context;
    const kept = new Set(attachments.map((attachment) => attachment.id));
    for (const file of store.files.value) {
      if (file.file && !kept.has(file.attachment?.id ?? '')) this.discard(file);
    }
    store.files.value = attachments.map((attachment) => ({
      key: this.newKey(),
      name: attachment.name,
      mime: attachment.mime_type,
      file: null,
      state: 'ready',
      progress: null,
      attachment,
    }));
  }

  remove(key: string): void {
    const { store } = this.context;
    const file = store.files.value.find((one) => one.key === key);
    store.files.value = store.files.value.filter((one) => one.key !== key);
    store.composerProblem.value = null;
    if (file) this.discard(file);
  }

  retry(key: string): void {
    const { file, attachment } = this.context.store.files.value.find((one) => one.key === key) ?? {};
    if (!file) return;
    // What the failed attempt registered would never be uploaded.
    if (attachment) this.deleteAtServer(attachment.id);
    this.change(key, { state: 'uploading', progress: null, attachment: null });
    void this.upload(key, file);
  }

  /** The element has left the page: nothing is sent any more; what was not, can be tried again. */
  abort(): void {
    for (const [key, abort] of this.underWay) {
      abort.abort();
      this.change(key, { state: 'failed' });
    }
    this.underWay.clear();
  }

  private begin(file: File): void {
    const { store } = this.context;
    const key = this.newKey();
    const { name } = file;
    const begun: DraftFile = {
      key,
      name,
      mime: typeOf(file),
      file,
      state: 'uploading',
      progress: null,
      attachment: null,
    };
    store.files.value = [...store.files.value, begun];
    void this.upload(key, file);
  }

  private async upload(key: string, file: File): Promise<void> {
    const abort = new AbortController();
    this.underWay.set(key, abort);
    try {
      const attachment = await this.transfer(key, file, abort.signal);
      this.context.store.uploaded.set(attachment.id, file);
      this.change(key, { state: 'ready', progress: null, attachment });
    } catch (thrown) {
      if (abort.signal.aborted) return;
      this.change(key, { state: 'failed', progress: null });
      this.context.emit('chatkit.error', { error: asError(thrown) });
    } finally {
      if (this.underWay.get(key) === abort) this.underWay.delete(key);
    }
  }

  private async transfer(key: string, file: File, signal: AbortSignal): Promise<Attachment> {
    const { client, options } = this.context;
    const { upload } = options();
    if (upload.type === 'direct')
      return readAttachment(await this.post(upload.uploadUrl, key, file, signal), file);
    const params = {
      name: file.name,
      size: file.size,
      mime_type: typeOf(file),
    };
    const created = await client.ask({ type: 'attachments.create', params }, signal);
    const attachment = readAttachment(created, file);
    this.change(key, { attachment });
    // Removed while it was being registered: nobody else knows of it.
    if (signal.aborted) this.deleteAtServer(attachment.id);
    signal.throwIfAborted();
    const descriptor = readDescriptor(created);
    if (descriptor) await this.follow(descriptor, key, file, signal);
    return attachment;
  }

  /** One form with one file, to an address of the page's own; its own fetch may know how to sign in there. */
  private async post(url: string, key: string, file: File, signal: AbortSignal): Promise<unknown> {
    const { pageFetch } = this.context.client;
    const body = form(file);
    const address = new URL(url, document.baseURI).href;
    const response = pageFetch
      ? await pageFetch(address, { method: 'POST', headers: {}, body, signal })
      : await this.send(address, { method: 'POST', headers: {}, body, signal }, this.tellProgress(key));
    if (!response.ok) throw new RequestFailed('the upload', response.status, null);
    return JSON.parse(await response.text());
  }

  private async follow(
    { url, method, headers = {} }: AttachmentUploadDescriptor,
    key: string,
    file: File,
    signal: AbortSignal,
  ): Promise<void> {
    const address = new URL(url, this.context.client.endpoint()).href;
    const isForm = method !== 'PUT';
    const own = Object.entries(headers).filter(([name]) => !isForm || name.toLowerCase() !== 'content-type');
    const hasType = own.some(([name]) => name.toLowerCase() === 'content-type');
    if (!isForm && !hasType && file.type !== '') own.push(['Content-Type', file.type]);
    const body = isForm ? form(file) : file;
    const init = { method: isForm ? 'POST' : 'PUT', headers: Object.fromEntries(own), body, signal };
    const response = await this.send(address, init, this.tellProgress(key));
    if (!response.ok) throw new RequestFailed('the upload', response.status, null);
  }

  private tellProgress(key: string): (progress: number) => void {
    return (progress) => {
      this.change(key, { progress });
    };
  }

  private discard({ key, attachment }: DraftFile): void {
    this.underWay.get(key)?.abort();
    this.underWay.delete(key);
    if (!attachment) return;
    this.context.store.uploaded.delete(attachment.id);
    this.deleteAtServer(attachment.id);
  }

  private deleteAtServer(id: string): void {
    const { client, emit } = this.context;
    const params = { attachment_id: id };
    client.ask({ type: 'attachments.delete', params }).catch((thrown: unknown) => {
      emit('chatkit.error', { error: asError(thrown) });
    });
  }

  private change(key: string, changes: Partial<DraftFile>): void {
    const { files } = this.context.store;
    files.value = files.value.map((file) => (file.key === key ? { ...file, ...changes } : file));
  }

  private newKey(): string {
    return `file-${++this.added}`;
  }
}

const typeOf = (file: File): string => file.type || 'application/octet-stream';

function form(file: File): FormData {
  const body = new FormData();
  body.append('file', file, file.name);
  return body;
}

function readAttachment(reply: unknown, file: File): Attachment {
  if (!isObject(reply) || typeof reply.id !== 'string') {
    throw new Error('ChatKit: the reply to the upload is not an attachment');
  }
  const { id, name, mime_type: mime, preview_url } = reply;
  const common = {
    id,
    name: typeof name === 'string' ? name : file.name,
    mime_type: typeof mime === 'string' ? mime : typeOf(file),
  };
  return typeof preview_url === 'string'
    ? { ...common, type: 'image', preview_url }
    : { ...common, type: 'file' };
}

/** Where the bytes go; null where the server has them already. Servers of old name the address alone. */
function readDescriptor(reply: unknown): AttachmentUploadDescriptor | null {
  const { upload_descriptor: given, upload_url: url } = isObject(reply) ? reply : {};
  if (isObject(given) && typeof given.url === 'string') return given as unknown as AttachmentUploadDescriptor;
  return typeof url === 'string' ? { url, method: 'POST' } : null;
}
