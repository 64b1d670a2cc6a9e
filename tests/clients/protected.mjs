// @azure/arm-storage, @azure/arm-compute and @azure/arm-postgresql-flexible against the embedded Azure: each creates and reads
// something under a key of its own, rotates that key, breaks it and heals it.
import { ComputeManagementClient } from '@azure/arm-compute';
import { PostgreSQLManagementFlexibleServerClient } from '@azure/arm-postgresql-flexible';
import { ResourceManagementClient } from '@azure/arm-resources';
import { StorageManagementClient } from '@azure/arm-storage';
import { KeyClient } from '@azure/keyvault-keys';
import { advance, assert, call, credential, done, during, grant, need, refused, serviceEncryptionUser, step, until } from './support.mjs';

const subscription = need('AZURE_SUBSCRIPTION_ID');
const group = need('RESOURCE_GROUP');
const hsm = need('HSM_URL');
const keys = new KeyClient(hsm, credential);
const resources = new ResourceManagementClient(credential, subscription);
const groupId = `/subscriptions/${subscription}/resourceGroups/${group}`;
const location = 'eastus2';

// An identity for one service, and the key that it may use.
async function identityFor(service, number) {
  const id = `${groupId}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-js-${service}`;
  const made = await resources.resources.beginCreateOrUpdateByIdAndWait(id, '2023-01-31', { location });
  const key = await keys.createRsaKey(`js-${service}`, { keySize: 3072 });
  const allow = () => grant(`/keys/js-${service}`, serviceEncryptionUser, made.properties.principalId, `00000000-0000-4000-8000-00000000bb0${number}`);
  return { id: made.id, identity: { type: 'UserAssigned', userAssignedIdentities: { [made.id]: {} } }, key, allow };
}

const next = (name) => keys.createRsaKey(name, { keySize: 3072 });
const enable = (name, enabled) => keys.updateKeyProperties(name, { enabled });

const storage = new StorageManagementClient(credential, subscription);
const account = 'stjsclients';
const blob = (method, body, headers = {}) => call('https://storage.azure.com', method, `https://${account}.blob.core.windows.net/docs/one.txt`, body, { 'x-ms-version': '2021-06-08', ...headers });
const storageKey = async () => (await storage.storageAccounts.getProperties(group, account)).encryption.keyVaultProperties;
let storageIdentity;

await step('arm-storage creates and reads', async () => {
  storageIdentity = await identityFor('storage', 1);
  const wanted = {
    location,
    kind: 'StorageV2',
    sku: { name: 'Standard_GRS' },
    identity: storageIdentity.identity,
    encryption: {
      services: { blob: { keyType: 'Account' } },
      keySource: 'Microsoft.Keyvault',
      requireInfrastructureEncryption: true,
      keyVaultProperties: { keyName: 'js-storage', keyVaultUri: hsm },
      encryptionIdentity: { encryptionUserAssignedIdentity: storageIdentity.id },
    },
  };
  await refused(403, 'KeyVaultAuthenticationFailure', () => storage.storageAccounts.beginCreate(group, account, wanted));
  await storageIdentity.allow();
  const made = await done(storage.storageAccounts.beginCreate(group, account, wanted));
  assert.equal(made.provisioningState, 'Succeeded');
  assert.equal(made.encryption.requireInfrastructureEncryption, true);
  assert.equal((await storageKey()).currentVersionedKeyIdentifier, storageIdentity.key.id);
  const names = [];
  for await (const found of storage.storageAccounts.listByResourceGroup(group)) names.push(found.name);
  assert.ok(names.includes(account));
  await storage.blobContainers.create(group, account, 'docs', {});
  const granted = await call('https://management.azure.com', 'PUT', `https://management.azure.com${groupId}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000bbaa?api-version=2022-04-01`, {
    properties: { roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe`, principalId: need('OWNER_OBJECT_ID'), principalType: 'ServicePrincipal' },
  });
  assert.equal(granted.status, 201, granted.bodyAsText);
  const put = await blob('PUT', 'kept under the key', { 'x-ms-blob-type': 'BlockBlob' });
  assert.equal(put.status, 201, put.bodyAsText);
  assert.equal((await blob('GET')).bodyAsText, 'kept under the key');
});

await step('arm-storage makes a scope under another key', async () => {
  const key = await keys.createRsaKey('js-scope', { keySize: 2048 });
  await grant('/keys/js-scope', serviceEncryptionUser, (await resources.resources.getById(storageIdentity.id, '2023-01-31')).properties.principalId, '00000000-0000-4000-8000-00000000bb0a');
  const made = await storage.encryptionScopes.put(group, account, 'js-scope', { source: 'Microsoft.KeyVault', keyVaultProperties: { keyUri: key.id }, requireInfrastructureEncryption: true });
  assert.equal(made.keyVaultProperties.currentVersionedKeyIdentifier, key.id);
  assert.equal((await storage.encryptionScopes.patch(group, account, 'js-scope', { state: 'Disabled' })).state, 'Disabled');
  assert.equal((await storage.encryptionScopes.get(group, account, 'js-scope')).state, 'Disabled');
});

await step('arm-storage rotates', async () => {
  const second = await next('js-storage');
  assert.equal((await storageKey()).currentVersionedKeyIdentifier, storageIdentity.key.id);
  await until('the new version', async () => (await storageKey()).currentVersionedKeyIdentifier === second.id, { by: 'PT6H', times: 6 });
  assert.equal((await blob('GET')).bodyAsText, 'kept under the key');
});

await step('arm-storage breaks and heals', async () => {
  await enable('js-storage', false);
  await until('the refusal', async () => (await blob('GET')).status === 403);
  assert.equal((await blob('GET')).headers.get('x-ms-error-code'), 'KeyVaultEncryptionKeyNotFound');
  // The account itself says nothing of it.
  assert.equal((await storage.storageAccounts.getProperties(group, account)).statusOfPrimary, 'available');
  await enable('js-storage', true);
  await until('the blob', async () => (await blob('GET')).status === 200);
});

await step('arm-storage fails over as planned, and by force', async () => {
  const shown = () => storage.storageAccounts.getProperties(group, account, { expand: 'geoReplicationStats' });
  const where = async () => { const seen = await shown(); return `${seen.primaryLocation} ${seen.sku.name}`; };
  await until('the copy', async () => (await shown()).geoReplicationStats?.canPlannedFailover === true);
  await done(storage.storageAccounts.beginFailover(group, account, { failoverType: 'Planned' }), 'PT1H');
  assert.equal(await where(), 'centralus Standard_GRS');
  assert.equal((await blob('GET')).bodyAsText, 'kept under the key');
  await until('the copy', async () => (await shown()).geoReplicationStats?.canPlannedFailover === true);
  await during({ kind: 'region-down', region: 'centralus' }, async () => {
    await assert.rejects(storage.storageAccounts.beginFailoverAndWait(group, account, { failoverType: 'Planned' }), (error) => error.statusCode === 409);
    // This client always asks for a planned one; by force goes without it.
    const forced = await call('https://management.azure.com', 'POST', `https://management.azure.com${groupId}/providers/Microsoft.Storage/storageAccounts/${account}/failover?api-version=2023-05-01`);
    assert.equal(forced.status, 202, forced.bodyAsText);
    await advance('PT1H');
    assert.equal(await where(), 'eastus2 Standard_LRS');
    assert.equal((await blob('GET')).bodyAsText, 'kept under the key');
  });
  await refused(409, 'AccountFailoverNotSupported', () => storage.storageAccounts.beginFailoverAndWait(group, account));
});

const compute = new ComputeManagementClient(credential, subscription);
const set = 'des-js';
const power = async () => (await compute.virtualMachines.instanceView(group, 'vm-js')).statuses.map((status) => status.code).find((code) => code.startsWith('PowerState/'));
let diskIdentity;

await step('arm-compute creates and reads', async () => {
  diskIdentity = await identityFor('disks', 2);
  const wanted = { location, identity: diskIdentity.identity, encryptionType: 'EncryptionAtRestWithPlatformAndCustomerKeys', activeKey: { keyUrl: diskIdentity.key.id } };
  await refused(400, 'KeyVaultAccessForbidden', () => compute.diskEncryptionSets.beginCreateOrUpdate(group, set, wanted));
  await diskIdentity.allow();
  const made = await done(compute.diskEncryptionSets.beginCreateOrUpdate(group, set, wanted));
  assert.equal(made.activeKey.keyUrl, diskIdentity.key.id);
  const disk = await done(compute.disks.beginCreateOrUpdate(group, 'disk-js', { location, sku: { name: 'Premium_LRS' }, creationData: { createOption: 'Empty' }, diskSizeGB: 64, encryption: { diskEncryptionSetId: made.id } }));
  assert.equal(disk.encryption.type, 'EncryptionAtRestWithPlatformAndCustomerKeys');
  const users = [];
  for await (const id of compute.diskEncryptionSets.listAssociatedResources(group, set)) users.push(id);
  assert.deepEqual(users.map((id) => id.toLowerCase()), [disk.id.toLowerCase()]);
  await done(compute.virtualMachines.beginCreateOrUpdate(group, 'vm-js', {
    location, hardwareProfile: { vmSize: 'Standard_D2s_v3' }, storageProfile: { osDisk: { createOption: 'Attach', osType: 'Linux', managedDisk: { id: disk.id } } },
  }));
  assert.equal(await power(), 'PowerState/running');
  await refused(409, 'OperationNotAllowed', () => compute.diskEncryptionSets.beginDelete(group, set));
});

await step('arm-compute rotates', async () => {
  const second = await next('js-disks');
  await done(compute.diskEncryptionSets.beginUpdate(group, set, { rotationToLatestKeyVersionEnabled: true }));
  await until('the new version', async () => {
    const shown = await compute.diskEncryptionSets.get(group, set);
    return shown.activeKey.keyUrl === second.id && !shown.previousKeys?.length;
  });
  assert.equal((await compute.diskEncryptionSets.get(group, set)).autoKeyRotationError, undefined);
});

await step('arm-compute breaks and heals', async () => {
  await enable('js-disks', false);
  await until('the stop of the machine', async () => (await power()) !== 'PowerState/running');
  // The disk itself says nothing of it.
  assert.equal((await compute.disks.get(group, 'disk-js')).provisioningState, 'Succeeded');
  await refused(409, 'KeyVaultKeyNotEnabled', () => compute.virtualMachines.beginStart(group, 'vm-js'));
  await enable('js-disks', true);
  await advance('PT30M');
  assert.notEqual(await power(), 'PowerState/running', 'a machine is started by people only');
  await done(compute.virtualMachines.beginStart(group, 'vm-js'));
  assert.equal(await power(), 'PowerState/running');
});

const postgres = new PostgreSQLManagementFlexibleServerClient(credential, subscription);
const server = 'pg-js';
const state = async () => (await postgres.servers.get(group, server)).state;
let postgresIdentity;

await step('arm-postgresql-flexible creates and reads', async () => {
  postgresIdentity = await identityFor('postgres', 3);
  const wanted = {
    location,
    sku: { name: 'Standard_D2s_v3', tier: 'GeneralPurpose' },
    identity: postgresIdentity.identity,
    administratorLogin: 'adm',
    administratorLoginPassword: 'not-a-Secret-1',
    version: '16',
    storage: { storageSizeGB: 128 },
    dataEncryption: { type: 'AzureKeyVault', primaryKeyURI: postgresIdentity.key.id, primaryUserAssignedIdentityId: postgresIdentity.id },
  };
  await assert.rejects(postgres.servers.beginCreateOrUpdate(group, server, wanted), (error) => error.statusCode === 400);
  await postgresIdentity.allow();
  const made = await done(postgres.servers.beginCreateOrUpdate(group, server, wanted));
  assert.equal(made.administratorLoginPassword, undefined);
  assert.equal(await state(), 'Ready');
  const shown = (await postgres.servers.get(group, server)).dataEncryption;
  assert.equal(shown.primaryKeyURI, postgresIdentity.key.id);
  assert.equal(shown.primaryEncryptionKeyStatus, 'Valid');
  await done(postgres.databases.beginCreate(group, server, 'orders', {}));
  const names = [];
  for await (const database of postgres.databases.listByServer(group, server)) names.push(database.name);
  assert.ok(names.includes('orders'));
});

await step('arm-postgresql-flexible rotates', async () => {
  const second = await next('js-postgres');
  await done(postgres.servers.beginUpdate(group, server, { dataEncryption: { type: 'AzureKeyVault', primaryKeyURI: second.id, primaryUserAssignedIdentityId: postgresIdentity.id } }));
  assert.equal((await postgres.servers.get(group, server)).dataEncryption.primaryKeyURI, second.id);
  assert.equal(await state(), 'Ready');
});

await step('arm-postgresql-flexible breaks and heals', async () => {
  await enable('js-postgres', false);
  await until('the state Inaccessible', async () => (await state()) === 'Inaccessible');
  assert.equal((await postgres.servers.get(group, server)).dataEncryption.primaryEncryptionKeyStatus, 'Invalid');
  await enable('js-postgres', true);
  await until('the state Ready', async () => (await state()) === 'Ready');
});
