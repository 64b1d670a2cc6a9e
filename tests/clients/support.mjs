// What the scenarios share: named steps, the admin interface of the embedded Azure, and the calls for which Azure has no
// JavaScript client that can be had here.
import assert from 'node:assert/strict';
import { createHttpHeaders, createPipelineFromOptions, createPipelineRequest, createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { EnvironmentCredential } from '@azure/identity';

export { assert };

// Runs one named step; its name is printed once it holds, so that the test can see that it was there.
export async function step(name, body) {
  const begun = Date.now();
  try {
    const result = await body();
    console.log(`ok ${name} (${Date.now() - begun} ms)`);
    return result;
  } catch (error) {
    console.log(`not ok ${name}`);
    throw error;
  }
}

export function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`the variable ${name} is not set`);
  return value;
}

// The admin interface listens on the loopback in plain HTTP; Node's own fetch knows no proxy and goes there directly.
export async function admin(method, path, body) {
  const response = await fetch(`${need('RUNBOOK_SIMULATOR_ADMIN')}${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

export const advance = (by) => admin('POST', '/clock/advance', { by });

// Arms a fault for the length of a body.
export async function during(fault, body) {
  const armed = await admin('POST', '/faults', fault);
  try {
    return await body();
  } finally {
    await admin('DELETE', `/faults/${armed.id}`);
  }
}

// Expects a refusal of the service and returns it.
export async function refused(status, code, body) {
  try {
    await body();
  } catch (error) {
    const seen = `${error.statusCode} ${error.code ?? error.details?.error?.code}`;
    assert.equal(seen, `${status} ${code}`, `${error.name}: ${error.message}`);
    return error;
  }
  assert.fail(`${status} ${code} was expected, and it was allowed`);
}

export const bytes = (length, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 255);

export const credential = new EnvironmentCredential();
const http = createDefaultHttpClient();
const pipeline = createPipelineFromOptions({});

// One call as the owner, with a token of that audience; the answer as it came.
export async function call(audience, method, url, body, headers = {}) {
  const { token } = await credential.getToken(`${audience}/.default`);
  const content = body === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' };
  return pipeline.sendRequest(http, createPipelineRequest({
    method,
    url,
    headers: createHttpHeaders({ authorization: `Bearer ${token}`, ...content, ...headers }),
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  }));
}

// A grant inside the HSM.
export async function grant(scope, role, principalId, name) {
  const answer = await call('https://managedhsm.azure.net', 'PUT', `${need('HSM_URL')}${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=7.4`, {
    properties: { roleDefinitionId: `Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/${role}`, principalId },
  });
  assert.equal(answer.status, 201, answer.bodyAsText);
}

export const serviceEncryptionUser = '33413926-3206-4cdd-b39a-83574fe37a17';

// Moves the clock until something is so.
export async function until(what, body, { by = 'PT15M', times = 20 } = {}) {
  for (let i = 0; i < times; i++) {
    if (await body()) return;
    await advance(by);
  }
  assert.fail(`${what} did not come within ${times} times ${by}`);
}

// Ends a long-running operation: the clock is moved past its end, so that the client's own poller need not sit out the Retry-After.
export async function done(begun, by = 'PT1M') {
  const poller = await begun;
  await advance(by);
  return poller.pollUntilDone();
}
