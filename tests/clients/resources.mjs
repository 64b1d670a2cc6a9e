// @azure/arm-keyvault, @azure/arm-resourcegraph and @azure/arm-sql against the embedded Azure: each creates, reads, rotates,
// breaks and heals what it manages.
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { SqlManagementClient } from '@azure/arm-sql';
import { KeyClient } from '@azure/keyvault-keys';
import { advance, assert, credential, done, during, grant, need, refused, serviceEncryptionUser, step, until } from './support.mjs';

const subscription = need('AZURE_SUBSCRIPTION_ID');
const group = need('RESOURCE_GROUP');
const hsm = need('HSM_URL');
const keys = new KeyClient(hsm, credential);

await step('arm-keyvault', async () => {
  const client = new KeyVaultManagementClient(credential, subscription);
  const found = await client.managedHsms.get(group, 'kv-hsm-clients');
  assert.equal(found.properties.securityDomainProperties.activationStatus, 'Active');
  assert.equal(found.properties.hsmUri, `${hsm}/`);
  const made = await client.vaults.createOrUpdate(group, 'kv-arm-js', {
    location: 'eastus2',
    properties: { tenantId: need('AZURE_TENANT_ID'), sku: { family: 'A', name: 'premium' }, enableRbacAuthorization: true, enablePurgeProtection: true },
  });
  assert.equal(made.properties.vaultUri, 'https://kv-arm-js.vault.azure.net/');
  const names = [];
  for await (const vault of client.vaults.listByResourceGroup(group)) names.push(vault.name);
  assert.ok(names.includes('kv-arm-js') && names.includes('kv-vault-clients'));
  await refused(400, 'BadRequest', () => client.vaults.createOrUpdate(group, 'kv-arm-js', { location: 'eastus2', properties: { ...made.properties, enablePurgeProtection: false } }));
  await client.vaults.delete(group, 'kv-arm-js');
  await refused(404, 'ResourceNotFound', () => client.vaults.get(group, 'kv-arm-js'));
  const deleted = await client.vaults.getDeleted('kv-arm-js', 'eastus2');
  assert.equal(deleted.properties.purgeProtectionEnabled, true);
  await client.vaults.createOrUpdate(group, 'kv-arm-js', { location: 'eastus2', properties: { tenantId: need('AZURE_TENANT_ID'), sku: { family: 'A', name: 'premium' }, createMode: 'recover' } });
  assert.equal((await client.vaults.get(group, 'kv-arm-js')).name, 'kv-arm-js');
});

await step('arm-resourcegraph', async () => {
  const client = new ResourceGraphClient(credential);
  const ask = (query) => client.resources({ query, subscriptions: [subscription], options: { resultFormat: 'objectArray' } });
  const answer = await ask("Resources | where type =~ 'microsoft.keyvault/managedhsms' and name == 'kv-hsm-clients' | project name, location");
  assert.deepEqual(answer.data, [{ name: 'kv-hsm-clients', location: 'eastus2' }]);
  assert.equal(answer.totalRecords, 1);
  await assert.rejects(ask('Resources | explode'), (error) => error.statusCode === 400);
  // A resource is there from the moment that it is made, as it is now and not as it was, and after an outage as before it.
  const tags = "Resources | where name == 'kv-arm-js' | project owner = tostring(tags.owner)";
  assert.deepEqual((await ask(tags)).data, [{ owner: '' }]);
  const vaults = new KeyVaultManagementClient(credential, subscription).vaults;
  await vaults.update(group, 'kv-arm-js', { tags: { owner: 'javascript' } });
  await advance('PT5M');
  assert.deepEqual((await ask(tags)).data, [{ owner: 'javascript' }]);
  const hasty = new ResourceGraphClient(credential, { retryOptions: { maxRetries: 0 } });
  await during({ kind: 'server-error', host: 'management.azure.com', path: '/providers/Microsoft.ResourceGraph/*', status: 503 }, () =>
    assert.rejects(hasty.resources({ query: tags, subscriptions: [subscription] }), (error) => error.statusCode === 503));
  assert.deepEqual((await ask(tags)).data, [{ owner: 'javascript' }]);
});

const sql = new SqlManagementClient(credential, subscription);
const server = 'sql-js';
const serverKey = (key) => `kv-hsm-clients_${key.name}_${key.properties.version}`;
const status = async () => (await sql.databases.get(group, server, 'canary')).status;

await step('arm-sql creates and reads', async () => {
  const made = await done(sql.servers.beginCreateOrUpdate(group, server, {
    location: 'eastus2', identity: { type: 'SystemAssigned' }, administratorLogin: 'adm', administratorLoginPassword: 'not-a-Secret-1',
  }));
  assert.equal(made.administratorLoginPassword, undefined);
  const key = await keys.createRsaKey('js-sql', { keySize: 3072 });
  await refused(400, 'AzureKeyVaultMissingPermissions', () => sql.serverKeys.beginCreateOrUpdateAndWait(group, server, serverKey(key), { serverKeyType: 'AzureKeyVault', uri: key.id }));
  await grant('/keys/js-sql', serviceEncryptionUser, made.identity.principalId, '00000000-0000-4000-8000-00000000aaaa');
  await done(sql.serverKeys.beginCreateOrUpdate(group, server, serverKey(key), { serverKeyType: 'AzureKeyVault', uri: key.id }));
  await done(sql.encryptionProtectors.beginCreateOrUpdate(group, server, 'current', { serverKeyName: serverKey(key), serverKeyType: 'AzureKeyVault', autoRotationEnabled: true }));
  await done(sql.databases.beginCreateOrUpdate(group, server, 'canary', { location: 'eastus2', sku: { name: 'S0' } }));
  assert.equal((await sql.encryptionProtectors.get(group, server, 'current')).uri, key.id);
  assert.equal(await status(), 'Online');
});

await step('arm-sql rotates', async () => {
  const next = await keys.createRsaKey('js-sql', { keySize: 3072 });
  await until('the new version', async () => (await sql.encryptionProtectors.get(group, server, 'current')).uri === next.id);
});

await step('arm-sql breaks and heals', async () => {
  await keys.updateKeyProperties('js-sql', { enabled: false });
  await advance('PT11M');
  assert.equal(await status(), 'Inaccessible');
  await keys.updateKeyProperties('js-sql', { enabled: true });
  await until('the database', async () => (await status()) === 'Online');
});
