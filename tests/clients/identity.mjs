// @azure/identity against the embedded Azure: every way to sign in that needs no browser.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { ResourceManagementClient } from '@azure/arm-resources';
import { ClientAssertionCredential, ClientCertificateCredential, ClientSecretCredential, DefaultAzureCredential, ManagedIdentityCredential, UsernamePasswordCredential, WorkloadIdentityCredential } from '@azure/identity';
import { admin, assert, need, step } from './support.mjs';

const tenant = need('AZURE_TENANT_ID');
const scope = 'https://managedhsm.azure.net/.default';
const scratch = (name) => join(need('SCRATCH'), name);
const claims = ({ token }) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const owner = () => new ClientSecretCredential(tenant, need('AZURE_CLIENT_ID'), need('AZURE_CLIENT_SECRET'));

await step('a secret', async () => {
  const seen = claims(await owner().getToken(scope));
  assert.equal(seen.aud, 'https://managedhsm.azure.net');
  assert.equal(seen.oid, need('OWNER_OBJECT_ID'));
  await assert.rejects(new ClientSecretCredential(tenant, need('AZURE_CLIENT_ID'), 'wrong').getToken(scope), /7000215/);
  await assert.rejects(owner().getToken('https://nowhere.example/.default'), /500011/);
});

await step('a certificate', async () => {
  const application = await admin('POST', '/principals', { kind: 'servicePrincipal', name: 'js-certificate' });
  const pem = scratch('js.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${pem}.key`, '-out', `${pem}.crt`, '-days', '30', '-subj', '/CN=js'], { stdio: 'ignore' });
  writeFileSync(pem, readFileSync(`${pem}.key`, 'utf8') + readFileSync(`${pem}.crt`, 'utf8'));
  const credential = () => new ClientCertificateCredential(tenant, application.clientId, { certificatePath: pem });
  await assert.rejects(credential().getToken(scope), /700027/);
  await admin('POST', `/principals/${application.objectId}/certificates`, { der: execFileSync('openssl', ['x509', '-in', `${pem}.crt`, '-outform', 'DER']).toString('base64') });
  const seen = claims(await credential().getToken(scope));
  assert.equal(seen.oid, application.objectId);
  assert.equal(seen.appidacr, '2');
});

// An issuer of this test's own, as a cluster's would be.
const issuer = 'https://cluster.example/';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function outside(payload, key = privateKey) {
  const signed = `${part({ alg: 'RS256', kid: 'c' })}.${part({ iss: issuer, aud: 'api://AzureADTokenExchange', exp: Math.floor(Date.now() / 1000) + 600, ...payload })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

await step('a federated token', async () => {
  await admin('PUT', '/issuers', { issuer, keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'c' }] });
  const { resources } = new ResourceManagementClient(owner(), need('AZURE_SUBSCRIPTION_ID'));
  const id = `/subscriptions/${need('AZURE_SUBSCRIPTION_ID')}/resourceGroups/${need('RESOURCE_GROUP')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-js-workload`;
  const identity = await resources.beginCreateOrUpdateByIdAndWait(id, '2023-01-31', { location: 'eastus2' });
  await resources.beginCreateOrUpdateByIdAndWait(`${id}/federatedIdentityCredentials/cluster`, '2023-01-31', {
    properties: { issuer, subject: 'system:serviceaccount:app', audiences: ['api://AzureADTokenExchange'] },
  });
  const assertion = (token) => new ClientAssertionCredential(tenant, identity.properties.clientId, async () => token);
  const seen = claims(await assertion(outside({ sub: 'system:serviceaccount:app' })).getToken(scope));
  assert.equal(seen.oid, identity.properties.principalId);
  await assert.rejects(assertion(outside({ sub: 'system:serviceaccount:other' })).getToken(scope), /700213/);
  const { privateKey: stranger } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await assert.rejects(assertion(outside({ sub: 'system:serviceaccount:app' }, stranger)).getToken(scope), /700211/);
  await assert.rejects(assertion(outside({ sub: 'system:serviceaccount:app', exp: 1000 })).getToken(scope), /700024/);
  writeFileSync(scratch('federated'), outside({ sub: 'system:serviceaccount:app' }));
  const workload = new WorkloadIdentityCredential({ tenantId: tenant, clientId: identity.properties.clientId, tokenFilePath: scratch('federated') });
  assert.equal(claims(await workload.getToken(scope)).oid, identity.properties.principalId);
});

await step('a person with a password', async () => {
  const person = await admin('POST', '/principals', { kind: 'user', name: 'Bo Lind' });
  const credential = new UsernamePasswordCredential(tenant, '04b07795-8ddb-461a-bbee-02f9e1bf7b46', 'bo.lind@rehearsal.onmicrosoft.com', person.secret);
  const seen = claims(await credential.getToken(scope));
  assert.equal(seen.oid, person.objectId);
  assert.equal(seen.idtyp, 'user');
  assert.equal(seen.upn, 'bo.lind@rehearsal.onmicrosoft.com');
});

await step('a managed identity by instance metadata', async () => {
  const machine = await admin('POST', '/principals', { kind: 'managedIdentity', name: 'js-machine' });
  process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = need('RUNBOOK_SIMULATOR_ADMIN');
  const seen = claims(await new ManagedIdentityCredential({ clientId: machine.clientId }).getToken(scope));
  assert.equal(seen.oid, machine.objectId);
  assert.equal(seen.exp - seen.iat, 86399);
  await assert.rejects(new ManagedIdentityCredential({ clientId: '11111111-2222-3333-4444-555555555555' }).getToken(scope));
  const fallback = new DefaultAzureCredential({ managedIdentityClientId: machine.clientId, requiredEnvVars: [] });
  assert.ok((await fallback.getToken(scope)).token);
  delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
});

await step('a managed identity by App Service', async () => {
  const site = await admin('POST', '/principals', { kind: 'managedIdentity', name: 'js-site' });
  const { header, path } = await admin('GET', '/identity');
  process.env.IDENTITY_ENDPOINT = need('RUNBOOK_SIMULATOR_ADMIN') + path;
  process.env.IDENTITY_HEADER = header;
  const seen = claims(await new ManagedIdentityCredential({ clientId: site.clientId }).getToken(scope));
  assert.equal(seen.oid, site.objectId);
});
