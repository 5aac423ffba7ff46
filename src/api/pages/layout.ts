/** The frame of the few pages that the API serves itself. No script: the policy of server.ts forbids it. */

export interface Page {
  readonly title: string;
  /** HTML; whoever writes it escapes what came from outside. */
  readonly body: string;
}

export function renderPage(page: Page): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(page.title)} - MigrateKit OSSEA</title>
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <main>
      <h1>MigrateKit OSSEA</h1>
${page.body}
    </main>
  </body>
</html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; place-items: center; min-height: 100vh; }
main { width: min(26rem, calc(100vw - 3rem)); }
h1 { font-size: 1.4rem; }
form { display: grid; gap: 0.75rem; }
label { display: grid; gap: 0.25rem; }
input, button { font: inherit; padding: 0.5rem; }
.problem { border-left: 4px solid #c0392b; padding-left: 0.75rem; }
`;
