// `npm run generate` writes what is made from the table of routes: the types of the command line's client.
// With --check nothing is written, and the exit status is 1 when a file is not what the routes say.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { setLogLevel } from '../src/base/logger.ts';
import { describedApi } from './described-api.ts';

const root = join(import.meta.dirname, '..');
setLogLevel('silent');
const target = join(root, 'src/cli/client/schema.d.ts');

const made = await formatted(await clientTypes((await describedApi()).document));
const present = await readFile(target, 'utf8').catch(() => '');
if (process.argv.includes('--check')) {
  if (present !== made) {
    console.error(`${target} is not what the routes say: npm run generate`);
    process.exitCode = 1;
  }
} else if (present !== made) {
  await writeFile(target, made);
  console.log(`wrote ${target}`);
}

async function clientTypes(document: Record<string, unknown>): Promise<string> {
  const types = await openapiTS(JSON.stringify(document), { alphabetize: true, exportType: true });
  const printed = astToString(ts.transform(types, [orUndefined]).transformed);
  return `// Made by \`npm run generate\` from the routes of src/api. Do not edit.\n${printed}`;
}

/** What is undefined is not sent: a caller may say so for each optional field. */
function orUndefined(context: ts.TransformationContext): (node: ts.Node) => ts.Node {
  const { factory } = context;
  const visit = (node: ts.Node): ts.Node => {
    const seen = ts.visitEachChild(node, visit, context);
    if (!ts.isPropertySignature(seen) || seen.questionToken === undefined || seen.type === undefined) return seen;
    if (seen.type.kind === ts.SyntaxKind.NeverKeyword) return seen;
    const type = factory.createUnionTypeNode([
      seen.type,
      factory.createKeywordTypeNode(ts.SyntaxKind.UndefinedKeyword),
    ]);
    return factory.updatePropertySignature(seen, seen.modifiers, seen.name, seen.questionToken, type);
  };
  return visit;
}

async function formatted(text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(target)), parser: 'typescript' });
}
