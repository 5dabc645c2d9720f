/** A recording of the microphone: how loud it is while it goes on, and what was said when it is over. */

/** What is recorded, by what browsers can do. */
const KINDS = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];

export interface Recorder {
  /** From 0 to 1. */
  readonly level: () => number;
  /** Ends the recording and gives it; the microphone is let go of. */
  readonly finish: () => Promise<Blob>;
  /** Lets go of the microphone and forgets what was recorded. */
  readonly cancel: () => void;
}

/** Rejects as `getUserMedia` does where there is no microphone, or no leave to use it. */
export async function record(): Promise<Recorder> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  try {
    return recordFrom(stream);
  } catch (thrown) {
    stopAll(stream);
    throw thrown;
  }
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function recordFrom(stream: MediaStream): Recorder {
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  const recorder = new MediaRecorder(stream, mimeType === undefined ? {} : { mimeType });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => {
    parts.push(data);
  };
  const meter = createMeter(stream);
  const release = (): void => {
    stopAll(stream);
    meter.close();
  };
  recorder.start();
  return {
    level: meter.level,
    finish: () =>
      new Promise((resolve) => {
        const end = (): void => {
          release();
          resolve(new Blob(parts, { type: recorder.mimeType || (mimeType ?? 'audio/webm') }));
        };
        recorder.onstop = end;
        // A microphone that was pulled out has ended it already.
        if (recorder.state === 'inactive') end();
        else recorder.stop();
      }),
    cancel: () => {
      recorder.ondataavailable = null;
      if (recorder.state !== 'inactive') recorder.stop();
      release();
    },
  };
}

function createMeter(stream: MediaStream): { level: () => number; close: () => void } {
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  analyser.fftSize = 512;
  audio.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level: () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      // Speech has little power: the root of its root mean square spreads it over the scale.
      return Math.min(1, Math.sqrt(Math.sqrt(power)) * 1.6);
    },
    close: () => void audio.close(),
  };
}

/** Standard base64, as the wire wants it. */
export async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  // Not in one call: it would take more arguments than there may be.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
