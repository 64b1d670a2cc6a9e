// @azure/arm-keyvault, @azure/arm-resourcegraph and @azure/arm-sql against the embedded Azure: each creates, reads, rotates,
// breaks and heals what it manages.
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { SqlManagementClient } from '@azure/arm-sql';
import { KeyClient } from '@azure/keyvault-keys';
import { advance, assert, call, credential, done, during, grant, need, refused, serviceEncryptionUser, step, until } from './support.mjs';

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

await step('arm-keyvault rotates', async () => {
  const client = new KeyVaultManagementClient(credential, subscription);
  const wanted = {
    properties: {
      kty: 'RSA-HSM', keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'],
      rotationPolicy: { attributes: { expiryTime: 'P1Y' }, lifetimeActions: [{ trigger: { timeAfterCreate: 'P90D' }, action: { type: 'rotate' } }] },
    },
  };
  const first = await client.keys.createIfNotExist(group, 'kv-arm-js', 'js-arm', wanted);
  assert.equal((await client.keys.createIfNotExist(group, 'kv-arm-js', 'js-arm', wanted)).keyUriWithVersion, first.keyUriWithVersion, 'one that is there is given back');
  const versions = async () => {
    const uris = [];
    for await (const version of client.keys.listVersions(group, 'kv-arm-js', 'js-arm')) uris.push(version.keyUriWithVersion);
    return uris;
  };
  assert.deepEqual(await versions(), [first.keyUriWithVersion]);
  await advance('P91D');
  const current = await client.keys.get(group, 'kv-arm-js', 'js-arm');
  assert.notEqual(current.keyUriWithVersion, first.keyUriWithVersion);
  assert.deepEqual((await versions()).sort(), [first.keyUriWithVersion, current.keyUriWithVersion].sort());
  assert.equal((await client.keys.getVersion(group, 'kv-arm-js', 'js-arm', first.keyUriWithVersion.split('/').at(-1))).keySize, 3072);
  // What the control plane made, the data plane has; and a managed HSM lets the control plane make keys only where it is told to.
  assert.equal((await new KeyClient('https://kv-arm-js.vault.azure.net', credential).getKey('js-arm')).id, current.keyUriWithVersion);
  const setting = (value) => call('https://managedhsm.azure.net', 'PATCH', `${hsm}/settings/AllowKeyManagementOperationsThroughARM?api-version=7.4`, { value });
  const inHsm = () => client.managedHsmKeys.createIfNotExist(group, 'kv-hsm-clients', 'js-arm', { properties: { kty: 'EC-HSM', curveName: 'P-256' } });
  await refused(403, 'Forbidden', inHsm);
  assert.equal((await setting('true')).status, 200);
  const made = await inHsm();
  assert.equal((await keys.getKey('js-arm')).id, made.keyUriWithVersion);
  assert.equal((await setting('false')).status, 200);
});

await step('arm-keyvault breaks and heals', async () => {
  const client = new KeyVaultManagementClient(credential, subscription);
  const data = new KeyClient('https://kv-arm-js.vault.azure.net', credential);
  const rules = (defaultAction) => client.vaults.update(group, 'kv-arm-js', { properties: { networkAcls: { defaultAction, bypass: 'AzureServices' } } });
  await rules('Deny');
  await refused(403, 'Forbidden', () => data.getKey('js-arm'));
  // The control plane sees the key all the same.
  assert.equal((await client.keys.get(group, 'kv-arm-js', 'js-arm')).name, 'js-arm');
  await rules('Allow');
  assert.equal((await data.getKey('js-arm')).name, 'js-arm');
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
  const hasty = new ResourceGraphClient(credential, { noRetryPolicy: true });
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

await step('arm-sql fails a group over as planned, and by force', async () => {
  const other = 'sql-js-dr';
  const made = await done(sql.servers.beginCreateOrUpdate(group, other, {
    location: 'centralus', identity: { type: 'SystemAssigned' }, administratorLogin: 'adm', administratorLoginPassword: 'not-a-Secret-1',
  }));
  const wanted = {
    readWriteEndpoint: { failoverPolicy: 'Manual' },
    readOnlyEndpoint: { failoverPolicy: 'Disabled' },
    partnerServers: [{ id: made.id }],
    databases: [(await sql.databases.get(group, server, 'canary')).id],
  };
  const { uri } = await sql.encryptionProtectors.get(group, server, 'current');
  await grant('/keys/js-sql', serviceEncryptionUser, made.identity.principalId, '00000000-0000-4000-8000-00000000aaab');
  // The protector follows its key, so the partner must have the key under the same URI.
  await refused(400, 'SameKeyUriNotFoundOnRemoteServer', () => sql.failoverGroups.beginCreateOrUpdateAndWait(group, server, 'fg-js', wanted));
  await done(sql.serverKeys.beginCreateOrUpdate(group, other, `kv-hsm-clients_js-sql_${uri.split('/').at(-1)}`, { serverKeyType: 'AzureKeyVault', uri }));
  const created = await done(sql.failoverGroups.beginCreateOrUpdate(group, server, 'fg-js', wanted), 'PT10M');
  assert.equal(created.replicationRole, 'Primary');
  const role = async (name) => (await sql.failoverGroups.get(group, name, 'fg-js')).replicationRole;
  await until('the copy', async () => (await sql.failoverGroups.get(group, other, 'fg-js')).replicationState === 'CATCH_UP');

  await refused(400, 'FailoverGroupFailoverRequestOnPrimary', () => sql.failoverGroups.beginFailoverAndWait(group, server, 'fg-js'));
  await done(sql.failoverGroups.beginFailover(group, other, 'fg-js'), 'PT10M');
  assert.deepEqual([await role(server), await role(other)], ['Secondary', 'Primary']);
  assert.equal((await sql.databases.get(group, other, 'canary')).status, 'Online');
  await during({ kind: 'region-down', region: 'centralus' }, async () => {
    await refused(400, 'PlannedFailoverTimedOut', () => sql.failoverGroups.beginFailoverAndWait(group, server, 'fg-js'));
    await done(sql.failoverGroups.beginForceFailoverAllowDataLoss(group, server, 'fg-js'), 'PT10M');
    assert.equal(await role(server), 'Primary');
    assert.equal(await status(), 'Online');
  });
  await done(sql.failoverGroups.beginDelete(group, server, 'fg-js'), 'PT10M');
  await assert.rejects(sql.failoverGroups.get(group, server, 'fg-js'), (error) => error.statusCode === 404);
});

await step('arm-sql breaks and heals', async () => {
  await keys.updateKeyProperties('js-sql', { enabled: false });
  await advance('PT11M');
  assert.equal(await status(), 'Inaccessible');
  await keys.updateKeyProperties('js-sql', { enabled: true });
  await until('the database', async () => (await status()) === 'Online');
});
