/** What the parts that are loaded later make: formulas, diagrams, coloured code. */
import { h, render, type ComponentChildren } from 'preact';
import { describe, expect, test } from 'vitest';
import { colour } from './code/colour';
import { draw } from './diagram/draw';
import { layOut } from './diagram/layout';
import { readSvg } from './diagram/svg';
import { mathml } from './maths/tex';

function made(node: ComponentChildren): HTMLElement {
  const root = document.createElement('div');
  render(h('div', null, node), root);
  return root;
}

describe('a formula', () => {
  test('becomes MathML', () => {
    const root = made(mathml('\\frac{x^2}{\\sqrt{1-x}}', true));
    expect(root.querySelector('math')?.getAttribute('display')).toBe('block');
    expect(root.querySelectorAll('mfrac, msqrt, msup')).toHaveLength(3);
  });

  test.each(['\\frac{', '\\nosuch', '\\href{https://a.test}{x}', '\\def\\a{\\a}\\a', '}'])(
    '%j is none',
    (tex) => {
      expect(mathml(tex, false)).toBeNull();
    },
  );
});

describe('a diagram', () => {
  test('becomes SVG with a name, in the colours of the theme', () => {
    const root = made(
      draw('graph TD\n A[One] -->|why| B{Two}\n style A fill:#f00\n accTitle: Steps', 'd1', 'Diagram'),
    );
    const svg = root.querySelector('svg');
    expect(svg?.getAttribute('aria-label')).toBe('Diagram: Steps');
    expect(svg?.textContent).toMatch(/why[^]*One[^]*Two/);
    expect(root.innerHTML).not.toMatch(/#f00|style=|<style/);
    expect(root.querySelector('[marker-end]')?.getAttribute('marker-end')).toBe('url(#d1-arrowhead)');
    expect(root.querySelector('#d1-arrowhead')).not.toBeNull();
  });

  test.each([
    'sequenceDiagram\n A->>B: Hello',
    'stateDiagram-v2\n [*] --> On\n On --> Off',
    'classDiagram\n class A{\n +int x\n }\n A <|-- B',
    'erDiagram\n A ||--o{ B : has',
    'flowchart LR\n subgraph S\n  A --> B\n end\n S --> C',
    'graph TD\n root --> root\n root --> constructor',
  ])('%j is drawn', (source) => {
    expect(made(draw(source, 'd', 'Diagram')).querySelector('svg')).not.toBeNull();
  });

  test.each([
    '',
    'hello',
    'pie\n "a" : 1',
    'graph TD\n' + 'A-->B\n'.repeat(200),
    'graph TD\n' + 'x'.repeat(7000),
  ])('%.20j is not', (source) => {
    expect(draw(source, 'd', 'Diagram')).toBeNull();
  });

  test('has its lines at right angles and its groups around their nodes', () => {
    const node = (id: string) => ({ id, width: 60, height: 40 });
    const root = layOut({
      id: 'root',
      children: [node('a'), node('b'), { id: 'g', children: [node('c')] }],
      edges: [
        { id: 'e0', sources: ['a'], targets: ['b'] },
        { id: 'e1', sources: ['a'], targets: ['g'] },
      ],
    });
    for (const { sections = [] } of root.edges ?? []) {
      for (const { startPoint, bendPoints, endPoint } of sections) {
        const points = [startPoint, ...bendPoints, endPoint];
        points.slice(1).forEach((point, i) => {
          const before = points[i] ?? point;
          expect(Math.min(Math.abs(point.x - before.x), Math.abs(point.y - before.y))).toBeLessThan(1.01);
        });
      }
    }
    const group = root.children?.[2];
    const inner = group?.children?.[0];
    expect(inner?.y).toBeGreaterThan(0);
    expect((inner?.y ?? 0) + (inner?.height ?? 0)).toBeLessThanOrEqual(group?.height ?? 0);
  });

  test.each([
    '<svg><script>x</script></svg>',
    '<svg><a href="x">y</a></svg>',
    '<svg><g></svg>',
    '<g></g>',
    '<svg onload=x></svg>',
    '<svg>',
  ])('read from %j is refused', (text) => {
    expect(() => readSvg(text, 'd', 'Diagram')).toThrow();
  });

  test('keeps of attributes what it knows', () => {
    const root = made(
      readSvg(
        '<svg onload="x" style="y" width="9"><rect fill="url(//a.test)" x="1" href="z"/></svg>',
        'd',
        'D',
      ),
    );
    expect(root.innerHTML).toBe(
      '<div><svg width="9" role="img" aria-label="D"><rect fill="var(--_node-fill)" x="1"></rect></svg></div>',
    );
  });
});

describe('code', () => {
  test('is coloured in spans, and says what it said', () => {
    const text = 'def f(x):\n    return "<b>"  # no\n';
    const root = made(colour(text, 'py'));
    expect(root.textContent).toBe(text);
    expect(root.querySelector('.ck-code-keyword')?.textContent).toBe('def');
    expect([...root.querySelectorAll('span')].every((span) => /^ck-code-[a-z]+$/.test(span.className))).toBe(
      true,
    );
  });

  test.each(['nosuch', '__proto__', 'constructor', ''])('in %j is left as it is', (language) => {
    expect(colour('x', language)).toBeNull();
  });
});
