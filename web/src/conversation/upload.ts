/** Bytes on their way, with a figure of how far they are: the one thing for which `fetch` has nothing. */

export interface Upload {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FormData | Blob;
  readonly signal: AbortSignal;
}

export type Send = (url: string, upload: Upload, onProgress: (progress: number) => void) => Promise<Response>;

/** Credentials go to the page's own origin only: addresses elsewhere are signed ones. */
export const sendBytes: Send = (url, { method, headers, body, signal }, onProgress) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = (): void => {
      request.abort();
    };
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total, lengthComputable }) => {
      if (lengthComputable && total > 0) onProgress(loaded / total);
    };
    request.onload = () => {
      const { status, responseText } = request;
      const isBare = [101, 204, 205, 304].includes(status);
      resolve(new Response(isBare ? null : responseText, { status }));
    };
    request.onerror = () => {
      reject(new TypeError('ChatKit: the upload did not reach the server'));
    };
    request.onabort = () => {
      reject(new DOMException('The upload was aborted', 'AbortError'));
    };
    request.onloadend = () => {
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort);
    request.send(body);
  });
