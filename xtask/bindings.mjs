// Reads the JSON Schema of every command from standard input and writes its TypeScript to standard output.
// `cargo xtask bindings` runs it; json-schema-to-typescript comes from ui/node_modules.

import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const require = createRequire(new URL('../ui/package.json', import.meta.url));
const { compile } = require('json-schema-to-typescript');

const POINTER = '#/$defs/';
const OPTIONS = {
  additionalProperties: false,
  bannerComment: '',
  ignoreMinAndMaxItems: false,
  style: { singleQuote: true, printWidth: 110 },
};

const schema = JSON.parse(await text(process.stdin));
const definitions = schema.$defs ?? {};
const given = reachable(Object.values(schema.properties).map((command) => command.properties.result));

const parts = ['// Made by `cargo xtask bindings` from the Rust types. Do not edit.\n'];
for (const name of Object.keys(definitions).sort()) {
  parts.push(await declare(name, definitions[name], given.has(name)));
}
const { $defs: _, $schema: __, ...commands } = schema;
parts.push(await declare('Commands', commands, false));
process.stdout.write(parts.join('\n'));

/** One exported declaration, which names the other types and never repeats them. */
async function declare(name, definition, isGiven) {
  const plain = translate(structuredClone(definition), isGiven);
  // A name for nothing but another name is an alias; the library takes an interface's properties only.
  return compile({ ...plain, title: name }, name, OPTIONS);
}

/** Names of the definitions that these schemas lead to. */
function reachable(schemas) {
  const found = new Set();
  const waiting = [...schemas];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next === null || typeof next !== 'object') continue;
    const name = typeof next.$ref === 'string' ? next.$ref.slice(POINTER.length) : undefined;
    if (name !== undefined && !found.has(name)) {
      found.add(name);
      waiting.push(definitions[name]);
    }
    waiting.push(...Object.values(next));
  }
  return found;
}

/**
 * What schemars says, in words that the library turns into the type we mean.
 *
 * `isGiven`: Rust gives this type to the interface, so that every field is there, empty or not. A type that only
 * comes from the interface may leave out what has a default.
 */
function translate(node, isGiven) {
  if (node === true) return { tsType: 'unknown' };
  if (Array.isArray(node)) return node.map((each) => translate(each, isGiven));
  if (node === null || typeof node !== 'object') return node;
  if (typeof node.$ref === 'string') {
    return { description: node.description, tsType: node.$ref.slice(POINTER.length) };
  }
  const { title: _, format: __, default: ___, ...rest } = node;
  if (isEmptyObject(rest)) return { description: rest.description, tsType: 'Record<string, never>' };
  if (isAnything(rest)) return { description: rest.description, tsType: 'unknown' };
  for (const key of ['items', 'additionalProperties']) {
    if (rest[key] !== undefined && rest[key] !== false) rest[key] = translate(rest[key], isGiven);
  }
  for (const key of ['oneOf', 'anyOf', 'allOf', 'prefixItems']) {
    if (rest[key] !== undefined) rest[key] = translate(rest[key], isGiven);
  }
  if (rest.prefixItems !== undefined) {
    rest.items = rest.prefixItems;
    delete rest.prefixItems;
  }
  if (rest.properties !== undefined) {
    for (const [name, property] of Object.entries(rest.properties)) {
      rest.properties[name] = translate(property, isGiven);
    }
    if (isGiven) rest.required = Object.keys(rest.properties);
  }
  return rest;
}

function isEmptyObject(node) {
  return (
    node.type === 'object' &&
    Object.keys(node.properties ?? {}).length === 0 &&
    (node.additionalProperties === undefined || node.additionalProperties === false)
  );
}

function isAnything(node) {
  return Object.keys(node).every((key) => key === 'description' || key === '$comment');
}
