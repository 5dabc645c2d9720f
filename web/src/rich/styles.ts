/**
 * The look of answers. Every colour, radius and font is a custom property of the theme, with a fallback
 * that stands on its own in light and dark.
 */
export const richStyles = `
:is(.ck-md,.ck-sources){--text:var(--ck-text,light-dark(#18181b,#ececee));--muted:var(--ck-text-muted,light-dark(#5f6069,#a2a3ad));--line:var(--ck-border,light-dark(#e4e4e8,#34353b));--accent:var(--ck-accent,light-dark(#1d5bd6,#8ab4ff));--code:var(--ck-code-bg,light-dark(#f6f6f8,#1b1c20));--unit:var(--ck-space,4px);--mono:var(--ck-font-mono,ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace);--ground:var(--ck-surface,light-dark(#fff,#131316));--raised:var(--ck-surface-raised,light-dark(#fff,#1f2024));--tint:color-mix(in srgb,var(--text) 9%,transparent);--round:var(--ck-radius-md,12px);--small:var(--ck-radius-sm,6px)}
.ck-md{color:var(--text);line-height:1.625;overflow-wrap:anywhere;min-width:0}
.ck-md>:first-child{margin-top:0}
.ck-md>:last-child,.ck-md blockquote>:last-child,.ck-md li>:last-child{margin-bottom:0}
.ck-md p,.ck-md ul,.ck-md ol,.ck-md blockquote,.ck-code,.ck-table{margin:0 0 calc(var(--unit)*4)}
.ck-md :is(h3,h4,h5,h6){margin:calc(var(--unit)*7) 0 calc(var(--unit)*2);font-weight:600;line-height:1.3;letter-spacing:-.011em;text-wrap:balance}
.ck-md .ck-h1{font-size:1.45em;letter-spacing:-.018em}
.ck-md .ck-h2{font-size:1.22em}
.ck-md .ck-h3{font-size:1.08em}
.ck-md :is(.ck-h4,.ck-h5,.ck-h6){font-size:1em;letter-spacing:0}
.ck-md .ck-h6{color:var(--muted)}
.ck-md :is(h3,h4,h5,h6)+:is(h3,h4,h5,h6){margin-top:calc(var(--unit)*3)}
.ck-md strong{font-weight:600}
.ck-md del{color:var(--muted)}
.ck-md :is(ul,ol){padding-inline-start:1.6em}
.ck-md li{margin:calc(var(--unit)*1.25) 0;padding-inline-start:.2em}
.ck-md li::marker{color:var(--muted);font-variant-numeric:tabular-nums}
.ck-md li>p{margin-bottom:calc(var(--unit)*2)}
.ck-md li>:is(ul,ol){margin:calc(var(--unit)*1.25) 0}
.ck-md li>:is(.ck-code,.ck-table,blockquote){margin-top:calc(var(--unit)*2)}
.ck-md .ck-task{list-style:none;position:relative}
.ck-task input{appearance:none;position:absolute;inset-inline-start:-1.42em;top:.3em;width:1.05em;height:1.05em;margin:0;border:1.5px solid var(--muted);border-radius:.28em}
.ck-task input:checked{border-color:var(--accent);background:var(--accent)}
.ck-task input:checked::after{content:'';position:absolute;inset-inline-start:.26em;top:.06em;width:.24em;height:.5em;border:solid var(--ground);border-width:0 .13em .13em 0;transform:rotate(45deg)}
.ck-md blockquote{padding-inline-start:calc(var(--unit)*4);border-inline-start:3px solid var(--line);color:var(--muted)}
.ck-md hr{height:1px;margin:calc(var(--unit)*7) 0;border:0;background:var(--line)}
.ck-md :is(p,li,td,th,h3,h4,h5,h6) a:not(.ck-cite){color:var(--accent);text-decoration:underline;text-decoration-color:color-mix(in srgb,var(--accent) 35%,transparent);text-underline-offset:.18em;text-decoration-thickness:1px;transition:text-decoration-color .15s}
.ck-md a:not(.ck-cite):hover{text-decoration-color:currentColor}
.ck-md img{max-width:100%;height:auto;border-radius:var(--round);vertical-align:middle}
.ck-image::before{content:'';display:inline-block;width:.85em;height:.7em;margin-inline-end:.4em;border:1.5px solid;border-radius:.18em;opacity:.65}
.ck-md code{font-family:var(--mono);font-size:.875em}
.ck-md :not(pre)>code{padding:.13em .36em;border:1px solid var(--line);border-radius:var(--small);background:var(--code);box-decoration-break:clone;-webkit-box-decoration-break:clone}
.ck-raw{white-space:pre-wrap}
.ck-code{border:1px solid var(--line);border-radius:var(--round);background:var(--code);overflow:hidden}
.ck-code-head{display:flex;align-items:center;justify-content:space-between;min-height:36px;padding-inline:calc(var(--unit)*4) calc(var(--unit)*1.5);color:var(--muted);font-size:.8em;user-select:none;-webkit-user-select:none}
.ck-code-copy{font:inherit;color:inherit;padding:calc(var(--unit)*1) calc(var(--unit)*2.5);border:0;border-radius:var(--small);background:none;cursor:pointer;transition:background-color .15s,color .15s}
.ck-code-copy:hover{color:var(--text);background:var(--tint)}
.ck-code pre{margin:0;padding:0 calc(var(--unit)*4) calc(var(--unit)*3.5);overflow-x:auto;line-height:1.55;tab-size:2;overscroll-behavior-x:contain;scrollbar-width:thin;direction:ltr;text-align:left}
.ck-code code{display:block;width:max-content;min-width:100%;white-space:pre;overflow-wrap:normal}
.ck-table{overflow-x:auto;overscroll-behavior-x:contain;scrollbar-width:thin;border:1px solid var(--line);border-radius:var(--round)}
.ck-table table{width:100%;border-collapse:collapse;font-size:.94em;line-height:1.45;font-variant-numeric:tabular-nums}
.ck-table :is(th,td){padding:calc(var(--unit)*2.25) calc(var(--unit)*3.5);border-bottom:1px solid var(--line);text-align:start;vertical-align:top;overflow-wrap:break-word}
/* Many columns scroll rather than break every word. */
.ck-table table:has(th:nth-child(3)){min-width:28em}
.ck-table table:has(th:nth-child(4)){min-width:36em}
.ck-table table:has(th:nth-child(6)){min-width:52em}
.ck-table code{white-space:nowrap}
.ck-table th{font-weight:600;white-space:nowrap;background:var(--code)}
.ck-table tbody tr:last-child td,.ck-table thead:last-child th{border-bottom:0}
.ck-table .ck-right{text-align:end;white-space:nowrap}
.ck-table .ck-center{text-align:center}
/* A word joiner keeps the marker on the line of the word it follows. */
.ck-cites{white-space:nowrap;user-select:none;-webkit-user-select:none}
.ck-cites::before{content:'\\2060'}
:is(.ck-code,hr,.ck-raw)+.ck-cites{display:block;margin:calc(var(--unit)*-2) 0 calc(var(--unit)*3)}
.ck-cite-anchor{display:inline-flex;margin-inline-start:3px;vertical-align:.14em;line-height:1}
.ck-cite{position:relative;display:inline-flex;align-items:center;justify-content:center;min-width:17px;height:17px;box-sizing:border-box;padding:0 5px;border:0;border-radius:9px;font-family:inherit;font-size:10.5px;font-weight:600;line-height:1;font-variant-numeric:tabular-nums;color:var(--muted);background:var(--tint);text-decoration:none;cursor:pointer;transition:background-color .15s,color .15s}
.ck-cite::after{content:'';position:absolute;inset:-4px -1px}
.ck-cite:is(:hover,:focus-visible){color:var(--ground);background:var(--accent)}
.ck-cite-text{height:auto;min-height:17px;padding:2px 7px;font-size:12px;line-height:1.2;font-weight:500}
.ck-card{position:fixed;inset:auto;z-index:10;box-sizing:border-box;width:max-content;max-width:min(320px,calc(100vw - 16px));margin:0;padding:6px 0;border:0;background:none;overflow:visible;white-space:normal;text-align:start;user-select:text;-webkit-user-select:text;animation:ck-card-in .12s ease-out}
.ck-card-body{display:flex;flex-direction:column;gap:3px;padding:calc(var(--unit)*3) calc(var(--unit)*3.5);border:1px solid var(--line);border-radius:var(--round);background:var(--raised);box-shadow:var(--ck-shadow,0 1px 2px rgb(0 0 0/.08),0 8px 24px rgb(0 0 0/.14));color:var(--text);font-size:13px;line-height:1.45;font-weight:400}
.ck-card-title{font-weight:600;overflow-wrap:anywhere}
.ck-card-from{color:var(--muted);font-size:12px;overflow-wrap:anywhere}
.ck-card-text{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:4;overflow:hidden;color:var(--muted)}
@keyframes ck-card-in{from{opacity:0;transform:translateY(2px)}}
.ck-sources{color:var(--text);font-size:13px;line-height:1.4;min-width:0}
.ck-sources-toggle{display:inline-flex;align-items:center;gap:6px;padding:5px 8px 5px 11px;border:1px solid var(--line);border-radius:999px;background:none;color:var(--muted);font:inherit;font-weight:500;cursor:pointer;transition:background-color .15s,color .15s}
.ck-sources-toggle:hover,.ck-sources-toggle[aria-expanded=true]{color:var(--text);background:color-mix(in srgb,var(--text) 5%,transparent)}
.ck-sources-count{min-width:17px;padding:1px 5px;box-sizing:border-box;border-radius:9px;background:var(--tint);font-size:11px;font-variant-numeric:tabular-nums;text-align:center}
.ck-sources-body{display:grid;gap:calc(var(--unit)*3);margin-top:calc(var(--unit)*2.5)}
.ck-sources-group{margin:0 0 calc(var(--unit)*1.5);color:var(--muted);font-size:12px;font-weight:500}
.ck-sources ul{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(230px,100%),1fr));gap:calc(var(--unit)*2);margin:0;padding:0;list-style:none}
.ck-sources li{display:flex;min-width:0}
.ck-source{flex:1;display:flex;gap:10px;min-width:0;padding:calc(var(--unit)*2.5) calc(var(--unit)*3);border:1px solid var(--line);border-radius:var(--round);background:var(--raised);color:inherit;text-decoration:none;transition:border-color .15s,background-color .15s}
a.ck-source:hover{border-color:color-mix(in srgb,var(--text) 28%,transparent)}
.ck-source-number{flex:none;display:grid;place-items:center;min-width:18px;height:18px;border-radius:9px;background:var(--tint);color:var(--muted);font-size:11px;font-weight:600;font-variant-numeric:tabular-nums}
.ck-source-body{display:grid;align-content:start;gap:1px;min-width:0}
.ck-source-title{font-weight:500;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.ck-source-about{color:var(--muted);font-size:12px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.ck-source-text{margin-top:2px;color:var(--muted);font-size:12px;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden}
:is(.ck-md,.ck-sources) :is(a,button,pre,.ck-table):focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.ck-code pre:focus-visible{outline-offset:-2px}
@media (prefers-reduced-motion:reduce){:is(.ck-md,.ck-sources) *{animation:none!important;transition:none!important}}
@media (forced-colors:active){.ck-cite,.ck-source-number,.ck-sources-count{border:1px solid}.ck-task input:checked{background:Highlight;forced-color-adjust:none}.ck-md a,.ck-cite{color:LinkText}}
`;
