/** Puts a text on the clipboard and says so for a moment. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { copyText } from '../../rich/clipboard';
import { IconButton } from '../IconButton';
import { useView } from '../view';

export function CopyButton({ text, label }: { text: () => string; label: string }): VNode {
  const { conversation, messages } = useView();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => {
      setCopied(false);
    }, 2000);
    return () => {
      clearTimeout(timer);
    };
  }, [isCopied]);
  const button = useRef<HTMLButtonElement>(null);
  const copy = async (): Promise<void> => {
    conversation.noteCopy();
    if (button.current && (await copyText(text(), button.current))) setCopied(true);
  };
  return (
    <IconButton
      buttonRef={button}
      icon={isCopied ? 'check' : 'copy'}
      label={isCopied ? messages.value.copied : label}
      onClick={() => void copy()}
    />
  );
}
