import { createHash } from "node:crypto";

/** For a telephone at night first: large letters, one column, quiet colours, nothing from elsewhere. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfaf8; --card: #fff; --ink: #1c1b19; --soft: #62605a; --edge: #dedbd3;
  --code: #f2f0ea; --loud: #b3261e; --calm: #1f6f43; --wait: #8a5300; }
@media (prefers-color-scheme: dark) { :root { --ground: #141312; --card: #1d1c1a; --ink: #e9e6df; --soft: #a19d94;
  --edge: #35332f; --code: #100f0e; --loud: #ff8a7f; --calm: #7fd3a0; --wait: #f2b45c; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem 1rem 4rem; }
header p, .soft { color: var(--soft); margin: 0; font-size: .875rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: .1rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.0625rem; margin: 2rem 0 .5rem; }
.state { display: inline-block; font-weight: 600; border: 1px solid currentColor; border-radius: 1rem;
  padding: .1rem .75rem; font-size: .9375rem; }
.open, .answered { color: var(--wait); } .given-up { color: var(--loud); } .recovered { color: var(--calm); }
.closed, .observed { color: var(--soft); }
.means { font-size: 1.25rem; line-height: 1.35; font-weight: 600; margin: 1rem 0 .5rem; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.1rem; } li { margin: .3rem 0; overflow-wrap: anywhere; }
li::marker { color: var(--soft); }
pre, code { font: .8125rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
pre { background: var(--code); border: 1px solid var(--edge); border-radius: .4rem; padding: .6rem .75rem;
  margin: .5rem 0; overflow-x: auto; white-space: pre; }
pre.line { white-space: pre-wrap; overflow-wrap: anywhere; }
code { background: var(--code); border-radius: .25rem; padding: .1rem .3rem; overflow-wrap: anywhere;
  display: inline-block; max-width: 100%; line-height: 1.35; }
details { border-top: 1px solid var(--edge); margin-top: 1.5rem; padding-top: .25rem; }
summary { font-weight: 600; padding: .6rem 0; cursor: pointer; }
form, .card { background: var(--card); border: 1px solid var(--edge); border-radius: .6rem; padding: 1rem;
  margin: 1rem 0; }
form h2, .card h2 { margin-top: 0; } form p, .card p { margin: .5rem 0; }
label { display: block; font-weight: 600; margin: .75rem 0 .25rem; }
input { width: 100%; font: inherit; padding: .7rem .75rem; color: inherit; background: var(--ground);
  border: 1px solid var(--soft); border-radius: .4rem; }
button { width: 100%; min-height: 3rem; margin-top: .75rem; font: inherit; font-weight: 600; border-radius: .4rem;
  border: 1px solid var(--soft); background: var(--card); color: var(--ink); cursor: pointer; }
button.cut { background: #b3261e; border-color: #b3261e; color: #fff; }
input:focus-visible, button:focus-visible, summary:focus-visible { outline: 3px solid #4b8df8; outline-offset: 2px; }
@media (min-width: 40rem) { main { padding: 2rem 1.5rem 4rem; } h1 { font-size: 2.25rem; }
  .answers { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; align-items: start; } form { margin: 0; } }
`;

/** Nothing is loaded, nothing runs, and this style alone counts. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");
