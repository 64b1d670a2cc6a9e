// Reads a Terraform module with HashiCorp's own parser, and works out what it would ask for, without a provider:
//   node terraform.mjs parse FOLDER                     the module as JSON
//   node terraform.mjs evaluate FOLDER NAMES INPUTS     what each resource would be given, with these inputs
// To evaluate, each resource becomes a local value of the same arguments, and Terraform itself computes it: its counts,
// conditions, defaults and validations are the real ones. What only Azure could know stands there as its own address.
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const { parse } = createRequire(import.meta.url)('@cdktf/hcl2json');
const meta = ['count', 'for_each', 'lifecycle', 'depends_on', 'provider'];

function merge(into, from) {
  for (const [key, value] of Object.entries(from)) {
    if (Array.isArray(value)) (into[key] ??= []).push(...value);
    else merge(into[key] ??= {}, value);
  }
  return into;
}

export async function parseFolder(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.tf')).sort();
  const parsed = await Promise.all(files.map((name) => parse(name, readFileSync(join(folder, name), 'utf8'))));
  return parsed.reduce(merge, {});
}

// Where the expression that begins at a position ends: just after its closing brace.
function end(text, from) {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at + 1;
  }
  throw new Error(`an expression has no end: ${text}`);
}

const quoted = (text) => JSON.stringify(text).replaceAll('${', '$${');

// A value of the parser's JSON, written as an expression again.
function expression(value) {
  if (Array.isArray(value)) return `[${value.map(expression).join(', ')}]`;
  if (value !== null && typeof value === 'object') return `{ ${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)} = ${expression(item)}`).join(', ')} }`;
  if (typeof value !== 'string') return JSON.stringify(value);
  if (value.startsWith('${') && end(value, 1) === value.length) return `(${address(value.slice(2, -1))})`;
  let text = '';
  for (let at = 0; at < value.length;) {
    const next = value.indexOf('${', at);
    if (next < 0) return `"${text}${quoted(value.slice(at)).slice(1, -1)}"`;
    const after = end(value, next + 1);
    text += quoted(value.slice(at, next)).slice(1, -1) + address(value.slice(next, after));
    at = after;
  }
  return `"${text}"`;
}

const local = (type, name) => `${type}__${name}`;

function address(text) {
  return text
    .replace(/\bdata\.(azurerm_\w+)\.(\w+)/g, (_, type, name) => `local.data__${local(type, name)}`)
    .replace(/(?<![.\w])(azurerm_\w+)\.(\w+)/g, (_, type, name) => `local.${local(type, name)}`)
    .replace(/\beach\.(key|value)\b/g, 'each__$1');
}

// The local value that stands for a resource: a list where it counts, a map where it is made for each of something.
function stand(label, body, computed) {
  const given = Object.fromEntries(Object.entries(body).filter(([name]) => !meta.includes(name)));
  const object = (place) => `{ ${[
    ...computed.filter((name) => !(name in given)).map((name) => `${name} = "${label}${place}.${name}"`),
    ...Object.entries(given).map(([name, value]) => `${name} = ${expression(value)}`),
  ].join(', ')} }`;
  if (body.count !== undefined) return `[for each__key in range(${expression(body.count)}) : ${object('')}]`;
  if (body.for_each !== undefined) return `{ for each__key, each__value in ${expression(body.for_each)} : each__key => ${object('[${each__key}]')} }`;
  return object('');
}

async function evaluate(folder, names, inputs) {
  const module = await parseFolder(folder);
  const lines = [];
  const instances = [];
  const checks = [];
  for (const [kind, known] of [['resource', names.resources], ['data', names.data]]) {
    for (const [type, all] of Object.entries(module[kind] ?? {})) {
      for (const [name, [body]] of Object.entries(all)) {
        const prefix = kind === 'data' ? 'data__' : '';
        lines.push(`locals {\n  ${prefix}${local(type, name)} = ${stand(`${type}.${name}`, body, known[type].computed)}\n}`);
        instances.push([`${type}.${name}`, `local.${prefix}${local(type, name)}`]);
        for (const condition of (body.lifecycle ?? []).flatMap((block) => block.precondition ?? []))
          checks.push(`output "check__${checks.length}" {\n  value = ${expression(body.count ?? 1)}\n  precondition {\n    condition = ${expression(body.count ?? 1)} == 0 || ${expression(condition.condition)}\n    error_message = ${expression(condition.error_message)}\n  }\n}`);
      }
    }
  }
  for (const block of module.locals ?? [])
    for (const [name, value] of Object.entries(block)) lines.push(`locals {\n  ${name} = ${expression(value)}\n}`);
  for (const [name, [{ value }]] of Object.entries(module.output ?? {})) lines.push(`output "${name}" {\n  value = ${expression(value)}\n}`);
  lines.push(...checks, `output "resources__" {\n  value = { ${instances.map(([label, value]) => `"${label}" = ${value}`).join(', ')} }\n}`);

  const scratch = mkdtempSync(join(tmpdir(), 'runbook-modules-'));
  try {
    const place = join(scratch, basename(folder));
    mkdirSync(place);
    cpSync(join(dirname(folder), 'policy'), join(scratch, 'policy'), { recursive: true });
    cpSync(join(folder, 'variables.tf'), join(place, 'variables.tf'));
    writeFileSync(join(place, 'estate.tf'), lines.join('\n\n'));
    writeFileSync(join(place, 'terraform.tfvars.json'), JSON.stringify(inputs));
    const settings = { cwd: place, encoding: 'utf8', env: { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null', CHECKPOINT_DISABLE: '1' } };
    const applied = spawnSync('terraform', ['apply', '-auto-approve', '-no-color', '-input=false', '-compact-warnings'], settings);
    if (applied.status !== 0) return { refused: applied.stderr + applied.stdout };
    const said = JSON.parse(spawnSync('terraform', ['output', '-json'], settings).stdout);
    const outputs = Object.fromEntries(Object.entries(said).filter(([name]) => !name.includes('__')).map(([name, { value }]) => [name, value]));
    return { resources: said.resources__.value, outputs };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const [, script, verb, folder, names, inputs] = process.argv;
if (script === new URL(import.meta.url).pathname) {
  const result = verb === 'parse' ? await parseFolder(folder) : await evaluate(folder, JSON.parse(readFileSync(names, 'utf8')), JSON.parse(inputs));
  console.log(JSON.stringify(result, null, 1));
}
