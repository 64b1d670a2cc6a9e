// What the scenarios share: named steps, and the admin interface of the embedded Azure.
import assert from 'node:assert/strict';

export { assert };

// Runs one named step; its name is printed once it holds, so that the test can see that it was there.
export async function step(name, body) {
  try {
    const result = await body();
    console.log(`ok ${name}`);
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
