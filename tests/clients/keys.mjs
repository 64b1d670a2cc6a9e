// @azure/keyvault-keys and @azure/identity against the embedded Azure: creates, reads, rotates, breaks and heals keys,
// and uses every algorithm that the key types have.
import { createHash, createPublicKey, verify as verifySignature, constants } from 'node:crypto';
import { EnvironmentCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { admin, advance, assert, bytes, during, need, refused, step } from './support.mjs';

const credential = new EnvironmentCredential();
const retryOptions = { maxRetries: 3, retryDelayInMs: 10 };
const client = new KeyClient(need('HSM_URL'), credential, { retryOptions });
const cryptography = (key) => new CryptographyClient(key, credential, { retryOptions });
const equal = (actual, expected) => assert.deepEqual(Buffer.from(actual), Buffer.from(expected));
const digest = (name) => createHash(name).update('a message').digest();

await step('create and read', async () => {
  const made = await client.createRsaKey('js-main', { keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'], tags: { owner: 'js' } });
  assert.equal(made.keyType, 'RSA-HSM');
  assert.equal(made.properties.recoveryLevel, 'CustomizedRecoverable');
  const read = await client.getKey('js-main');
  assert.equal(read.id, made.id);
  assert.deepEqual(read.properties.tags, { owner: 'js' });
  equal(read.key.n, made.key.n);
  assert.deepEqual([...read.keyOperations].sort(), ['unwrapKey', 'wrapKey']);
});

await step('challenge: the first request of a client goes without a token and a body', async () => {
  const before = (await admin('GET', '/calls?since=999999999')).last;
  await new KeyClient(need('HSM_URL'), credential).createEcKey('js-challenge', { curve: 'P-256' });
  const { calls } = await admin('GET', `/calls?since=${before}`);
  const mine = calls.filter((call) => call.url.includes('/keys/js-challenge/create'));
  assert.deepEqual(mine.map((call) => call.status), [401, 200]);
});

await step('pages', async () => {
  for (let i = 0; i < 27; i++) await client.createOctKey(`js-page-${i}`, { keySize: 128 });
  const sizes = [];
  for await (const page of client.listPropertiesOfKeys().byPage({ maxPageSize: 10 })) sizes.push(page.length);
  assert.ok(sizes.length >= 3 && sizes.every((size) => size <= 10), `${sizes}`);
  const names = [];
  for await (const properties of client.listPropertiesOfKeys()) names.push(properties.name);
  assert.equal(names.filter((name) => name.startsWith('js-page-')).length, 27);
  assert.equal(new Set(names).size, names.length);
});

await step('RSA encrypts, decrypts, wraps and unwraps', async () => {
  const key = await client.createRsaKey('js-rsa', { keySize: 2048 });
  const crypto = cryptography(key);
  for (const algorithm of ['RSA-OAEP-256', 'RSA-OAEP', 'RSA1_5']) {
    const sealed = await crypto.encrypt({ algorithm, plaintext: bytes(40) });
    equal((await crypto.decrypt({ algorithm, ciphertext: sealed.result })).result, bytes(40));
    const wrapped = await crypto.wrapKey(algorithm, bytes(32));
    const unwrapped = await crypto.unwrapKey(algorithm, wrapped.result);
    equal(unwrapped.result, bytes(32));
    assert.equal(unwrapped.keyID, key.id);
  }
});

await step('RSA signs and verifies', async () => {
  const key = await client.getKey('js-rsa');
  const crypto = cryptography(key);
  const jwk = { kty: 'RSA', n: Buffer.from(key.key.n).toString('base64url'), e: Buffer.from(key.key.e).toString('base64url') };
  const published = createPublicKey({ key: jwk, format: 'jwk' });
  for (const bits of [256, 384, 512]) {
    for (const family of ['RS', 'PS']) {
      const algorithm = `${family}${bits}`;
      const { result } = await crypto.sign(algorithm, digest(`sha${bits}`));
      assert.equal((await crypto.verify(algorithm, digest(`sha${bits}`), result)).result, true);
      const padding = family === 'PS' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
      assert.ok(verifySignature(`sha${bits}`, Buffer.from('a message'), { key: published, padding, saltLength: bits / 8 }, result), `Node verifies ${algorithm}`);
      result[5] ^= 1;
      assert.equal((await crypto.verify(algorithm, digest(`sha${bits}`), result)).result, false);
    }
  }
});

await step('curves sign and verify', async () => {
  for (const [curve, algorithm, hash] of [['P-256', 'ES256', 'sha256'], ['P-256K', 'ES256K', 'sha256'], ['P-384', 'ES384', 'sha384'], ['P-521', 'ES512', 'sha512']]) {
    const key = await client.createEcKey(`js-ec-${curve}`, { curve });
    assert.equal(key.keyType, 'EC-HSM');
    const crypto = cryptography(key);
    const { result } = await crypto.sign(algorithm, digest(hash));
    assert.equal((await crypto.verify(algorithm, digest(hash), result)).result, true);
    const jwk = { kty: 'EC', crv: curve === 'P-256K' ? 'secp256k1' : curve, x: Buffer.from(key.key.x).toString('base64url'), y: Buffer.from(key.key.y).toString('base64url') };
    const published = createPublicKey({ key: jwk, format: 'jwk' });
    assert.ok(verifySignature(hash, Buffer.from('a message'), { key: published, dsaEncoding: 'ieee-p1363' }, result), `Node verifies ${algorithm}`);
  }
});

await step('AES encrypts, wraps and authenticates', async () => {
  for (const keySize of [128, 192, 256]) {
    const crypto = cryptography(await client.createOctKey(`js-oct-${keySize}`, { keySize, keyOps: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'sign', 'verify'] }));
    const additionalAuthenticatedData = bytes(20, 9);
    const sealed = await crypto.encrypt({ algorithm: `A${keySize}GCM`, plaintext: bytes(33), additionalAuthenticatedData });
    assert.deepEqual([sealed.iv.length, sealed.authenticationTag.length], [12, 16]);
    const opened = await crypto.decrypt({ algorithm: `A${keySize}GCM`, ciphertext: sealed.result, iv: sealed.iv, authenticationTag: sealed.authenticationTag, additionalAuthenticatedData });
    equal(opened.result, bytes(33));
    const iv = bytes(16, 3);
    const blocks = await crypto.encrypt({ algorithm: `A${keySize}CBC`, plaintext: bytes(32), iv });
    assert.equal(blocks.result.length, 32);
    equal((await crypto.decrypt({ algorithm: `A${keySize}CBC`, ciphertext: blocks.result, iv })).result, bytes(32));
    const padded = await crypto.encrypt({ algorithm: `A${keySize}CBCPAD`, plaintext: bytes(33), iv });
    assert.equal(padded.result.length, 48);
    equal((await crypto.decrypt({ algorithm: `A${keySize}CBCPAD`, ciphertext: padded.result, iv })).result, bytes(33));
    for (const algorithm of [`A${keySize}KW`, 'CKM_AES_KEY_WRAP', 'CKM_AES_KEY_WRAP_PAD']) {
      const wrapped = await crypto.wrapKey(algorithm, bytes(32));
      assert.equal(wrapped.result.length, 40);
      equal((await crypto.unwrapKey(algorithm, wrapped.result)).result, bytes(32));
    }
    for (const bits of [256, 384, 512]) {
      const { result } = await crypto.sign(`HS${bits}`, digest(`sha${bits}`));
      assert.equal(result.length, bits / 8);
      assert.equal((await crypto.verify(`HS${bits}`, digest(`sha${bits}`), result)).result, true);
    }
  }
});

await step('rotates on demand and on the clock', async () => {
  const first = await client.getKey('js-main');
  const empty = await client.getKeyRotationPolicy('js-main');
  assert.equal(empty.lifetimeActions ?? null, null);
  await refused(400, 'BadParameter', () => client.rotateKey('js-main'));
  const policy = await client.updateKeyRotationPolicy('js-main', { expiresIn: 'P90D', lifetimeActions: [{ action: 'Rotate', timeAfterCreate: 'P60D' }] });
  assert.equal(policy.expiresIn, 'P90D');
  const wrapped = await cryptography(first).wrapKey('RSA-OAEP-256', bytes(32));
  const second = await client.rotateKey('js-main');
  assert.notEqual(second.id, first.id);
  assert.equal(second.properties.expiresOn - second.properties.createdOn, 90 * 86400 * 1000);
  equal((await cryptography(first.id).unwrapKey('RSA-OAEP-256', wrapped.result)).result, bytes(32));
  await advance('P61D');
  const third = await client.getKey('js-main');
  assert.notEqual(third.id, second.id);
  const versions = [];
  for await (const version of client.listPropertiesOfKeyVersions('js-main')) versions.push(version.version);
  assert.equal(versions.length, 3);
});

await step('breaks: a disabled key wraps and unwraps nothing', async () => {
  const key = await client.createRsaKey('js-break');
  const { result } = await cryptography(key).wrapKey('RSA-OAEP-256', bytes(32));
  const byService = new CryptographyClient(`${need('HSM_URL')}/keys/js-break`, credential);
  await client.updateKeyProperties('js-break', { enabled: false });
  await refused(403, 'Forbidden', () => byService.unwrapKey('RSA-OAEP-256', result));
  await client.updateKeyProperties('js-break', { enabled: true });
  equal((await byService.unwrapKey('RSA-OAEP-256', result)).result, bytes(32));
});

await step('breaks: an expired key is refused for new work', async () => {
  const key = await client.createRsaKey('js-expired');
  const { result } = await cryptography(key).wrapKey('RSA-OAEP-256', bytes(32));
  await client.updateKeyProperties('js-expired', { expiresOn: new Date(1000e3) });
  const expired = await client.getKey('js-expired');
  // This client refuses every operation of an expired key by itself; the service would still unwrap.
  await assert.rejects(cryptography(expired).unwrapKey('RSA-OAEP-256', result), /expired/);
});

await step('breaks and heals: deleted and recovered', async () => {
  const key = await client.createRsaKey('js-gone');
  const poller = await client.beginDeleteKey('js-gone', { intervalInMs: 10 });
  const deleted = await poller.pollUntilDone();
  assert.ok(deleted.properties.scheduledPurgeDate > deleted.properties.deletedOn);
  await refused(404, 'KeyNotFound', () => client.getKey('js-gone'));
  await refused(409, 'Conflict', () => client.createRsaKey('js-gone'));
  await refused(403, 'Forbidden', () => client.purgeDeletedKey('js-gone'));
  const names = [];
  for await (const item of client.listDeletedKeys()) names.push(item.name);
  assert.deepEqual(names, ['js-gone']);
  const recovery = await client.beginRecoverDeletedKey('js-gone', { intervalInMs: 10 });
  await recovery.pollUntilDone();
  assert.equal((await client.getKey('js-gone')).id, key.id);
});

await step('backs up and restores', async () => {
  const blob = await client.backupKey('js-gone');
  await refused(409, 'Conflict', () => client.restoreKeyBackup(blob));
});

await step('breaks and heals: throttled and failing', async () => {
  await during({ kind: 'throttle', host: '*.managedhsm.azure.net', count: 2, retryAfter: 0 }, () => client.getKey('js-rsa'));
  await during({ kind: 'server-error', host: '*.managedhsm.azure.net', count: 2, status: 503 }, () => client.getKey('js-rsa'));
  await during({ kind: 'lost-response', host: '*.managedhsm.azure.net', method: 'GET', count: 1 }, () => client.getKey('js-rsa'));
  await during({ kind: 'host-unreachable', host: '*.managedhsm.azure.net' }, () =>
    assert.rejects(new KeyClient(need('HSM_URL'), credential, { retryOptions: { maxRetries: 0 } }).getKey('js-rsa')));
  await client.getKey('js-rsa');
});

await step('random bytes', async () => {
  assert.equal((await client.getRandomBytes(128)).length, 128);
  await refused(400, 'BadParameter', () => client.getRandomBytes(129));
});

await step('imports a private key and attests it', async () => {
  const { generateKeyPairSync } = await import('node:crypto');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  const key = { kty: 'RSA' };
  for (const part of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']) key[part] = Buffer.from(jwk[part], 'base64url');
  const imported = await client.importKey('js-import', key);
  assert.equal(imported.keyType, 'RSA-HSM');
  equal(imported.key.n, key.n);
  assert.equal(imported.key.d, undefined);
  const attested = await client.getKeyAttestation('js-import');
  assert.ok(attested.properties.attestation.privateKeyAttestation.length > 256);
});

await step('a vault answers the same client', async () => {
  const vault = new KeyClient(need('VAULT_URL'), credential, { retryOptions });
  const key = await vault.createRsaKey('js-vault', { hsm: true });
  assert.equal(key.keyType, 'RSA-HSM');
  const { result } = await cryptography(key).wrapKey('RSA-OAEP', bytes(32));
  const rotated = await vault.rotateKey('js-vault');
  assert.notEqual(rotated.id, key.id);
  equal((await cryptography(key).unwrapKey('RSA-OAEP', result)).result, bytes(32));
  await (await vault.beginDeleteKey('js-vault', { intervalInMs: 10 })).pollUntilDone();
  await refused(403, 'Forbidden', () => vault.purgeDeletedKey('js-vault'));
  await (await vault.beginRecoverDeletedKey('js-vault', { intervalInMs: 10 })).pollUntilDone();
  assert.equal((await vault.getKey('js-vault')).id, rotated.id);
});
