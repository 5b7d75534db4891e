// Puts GraphiQL into the build, so that /graphiql works without any other server.
import { cpSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const target = `${web}/build/graphiql`;
mkdirSync(target, { recursive: true });
cpSync(`${web}/graphiql`, target, { recursive: true });
for (const file of [
	'graphiql/graphiql.min.js',
	'graphiql/graphiql.min.css',
	'react/umd/react.production.min.js',
	'react-dom/umd/react-dom.production.min.js'
]) {
	cpSync(`${web}/node_modules/${file}`, `${target}/${file.split('/').at(-1)}`);
}
