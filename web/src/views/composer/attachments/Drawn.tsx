/**
 * A picture drawn from the file itself: an address of it would have to be allowed by the page's policy, and let
 * go again.
 */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface DrawnProps {
  readonly class: string;
  readonly file: File;
  /** How many pixels high it is drawn; what lies beside the frame is the style sheet's to cut. */
  readonly height: number;
  /** Empty where the file's name stands beside it. */
  readonly alt: string;
  readonly onFail: () => void;
}

export function Drawn({ class: name, file, height, alt, onFail }: DrawnProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isWanted = true;
    const draw = async (): Promise<void> => {
      const bitmap = await createImageBitmap(file, { resizeHeight: height, resizeQuality: 'high' });
      const target = canvas.current;
      if (isWanted && target) {
        target.width = bitmap.width;
        target.height = bitmap.height;
        target.getContext('2d')?.drawImage(bitmap, 0, 0);
      }
      bitmap.close();
    };
    draw().catch(() => {
      if (isWanted) onFail();
    });
    return () => {
      isWanted = false;
    };
  }, [file]);
  return alt === '' ? (
    <canvas class={name} ref={canvas} width={height} height={height} aria-hidden="true" />
  ) : (
    <canvas class={name} ref={canvas} width={height} height={height} role="img" aria-label={alt} />
  );
}
