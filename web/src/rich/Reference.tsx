/** A character reference by one of the rarer names; a name that is none stays as written. */
import type { VNode } from 'preact';
import { named } from './entities';

const NAMED = named(
  'iexcl¡ cent¢ pound£ curren¤ yen¥ brvbar¦ sect§ uml¨ ordfª laquo« not¬ shy\u00ad macr¯ sup2² sup3³ acute´ microµ para¶ cedil¸ sup1¹ ordmº raquo» frac14¼ frac12½ frac34¾ iquest¿ AEligÆ ETHÐ OslashØ THORNÞ szligß aeligæ ethð divide÷ oslashø thornþ lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo” bdquo„ prime′ Prime″ lsaquo‹ rsaquo› uarr↑ darr↓ harr↔ rArr⇒ hArr⇔ minus− lowast∗ radic√ infin∞ asymp≈ equiv≡ sum∑ prod∏ int∫ part∂ nabla∇ isin∈ forall∀ exist∃ alpha\u03b1 beta\u03b2 gamma\u03b3 delta\u03b4 epsilon\u03b5 theta\u03b8 lambda\u03bb mu\u03bc pi\u03c0 sigma\u03c3 tau\u03c4 phi\u03c6 omega\u03c9 Delta\u0394 Sigma\u03a3 Omega\u03a9 check✓ dagger† ensp\u2002 emsp\u2003 thinsp\u2009 zwj\u200d zwnj\u200c',
);

export interface ReferenceProps {
  /** As written: `&alpha;`. */
  text: string;
}

export default function Reference({ text }: ReferenceProps): VNode {
  return <>{NAMED.get(text.slice(1, -1)) ?? text}</>;
}
