// Lists the names that azurerm knows, for the resource types that modules/terraform uses, from an unpacked package:
//   npm pack @cdktf/provider-azurerm@14.23.1 && tar xzf cdktf-provider-azurerm-14.23.1.tgz
//   node tests/clients/azurerm-names.mjs package > tests/EndToEnd/Modules/azurerm-names.json
// The package is too large to be installed for every run of the tests; the list is small and says where it comes from.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFolder } from './terraform.mjs';

const folder = process.argv[2];
const repository = new URL('../..', import.meta.url).pathname;
const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

// What a file declares: for each interface its members, by the name that Terraform uses.
function interfaces(text) {
  const found = new Map();
  for (const [, name, body] of text.matchAll(/export interface (\w+)(?: extends [\w.]+)? \{\n([\s\S]*?)\n\}/g)) {
    const members = [...body.matchAll(/#([a-z0-9_]+) \w+#\1\}[\s\S]*?\*\/\n\s+readonly \w+(\??): ([^;]+);/g)];
    found.set(name, members.map(([, member, optional, type]) => ({ member, required: optional === '', type: type.replace(/\[\]| \| cdktf\.IResolvable/g, '').trim() })));
  }
  return found;
}

// Attributes end in "required" or "optional"; a block is an object of its own.
function tree(found, name) {
  const members = found.get(name);
  if (!members) throw new Error(`the package declares no ${name}`);
  return Object.fromEntries(members
    .filter(({ member }) => member !== 'timeouts')
    .map(({ member, required, type }) => [member, found.has(type) ? tree(found, type) : required ? 'required' : 'optional']));
}

function resource(type, prefix) {
  const place = join(folder, 'lib', (prefix + type.replace(/^azurerm_/, '')).replaceAll('_', '-'));
  const found = interfaces(readFileSync(join(place, 'index.d.ts'), 'utf8'));
  const root = [...found.keys()].find((name) => name.endsWith('Config'));
  const code = readFileSync(join(place, 'index.js'), 'utf8').replace(/^\/\/# sourceMappingURL.*$/m, '');
  const own = code.slice(code.search(/class \w+ extends cdktf\.Terraform(Resource|DataSource) /));
  const computed = [...own.matchAll(/\/\/ ([a-z0-9_]+) - computed: true, optional: false, required: false/g)].map(([, name]) => name);
  return { arguments: tree(found, root), computed: ['id', ...computed] };
}

const modules = await Promise.all([parseFolder(join(repository, 'modules/terraform')), parseFolder(join(repository, 'modules/terraform/example'))]);
const used = (kind) => [...new Set(modules.flatMap((module) => Object.keys(module[kind] ?? {})))].sort();
const provider = interfaces(readFileSync(join(folder, 'lib/provider/index.d.ts'), 'utf8'));

console.log(JSON.stringify({
  provider: `hashicorp/azurerm ${about.cdktf.provider.version}`,
  from: `@cdktf/provider-azurerm ${about.version}`,
  settings: tree(provider, 'AzurermProviderConfig'),
  resources: Object.fromEntries(used('resource').map((type) => [type, resource(type, '')])),
  data: Object.fromEntries(used('data').map((type) => [type, resource(type, 'data-azurerm-')])),
}, null, 1));
