"""What the scenarios share: named steps, a credential, and the admin interface of the embedded Azure."""

import contextlib
import json
import os
import time
import urllib.request

from azure.identity import ClientSecretCredential


def need(name):
    value = os.environ.get(name)
    if not value:
        raise SystemExit(f"the variable {name} is not set")
    return value


@contextlib.contextmanager
def step(name):
    """Runs one named step; its name is printed once it holds, so that the test can see that it was there."""
    try:
        yield
    except BaseException:
        print(f"not ok {name}", flush=True)
        raise
    print(f"ok {name}", flush=True)


def credential():
    return ClientSecretCredential(need("AZURE_TENANT_ID"), need("AZURE_CLIENT_ID"), need("AZURE_CLIENT_SECRET"))


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def admin(method, path, body=None):
    """One call to the admin interface: plain HTTP on the loopback, past the proxy."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(need("RUNBOOK_SIMULATOR_ADMIN") + path, data=data, method=method)
    with _direct.open(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def advance(by):
    admin("POST", "/clock/advance", {"by": by})


@contextlib.contextmanager
def during(**fault):
    """Arms a fault for the length of a block."""
    armed = admin("POST", "/faults", fault)
    try:
        yield
    finally:
        admin("DELETE", "/faults/" + armed["id"])


@contextlib.contextmanager
def refused(status, code):
    """Expects a refusal of the service."""
    from azure.core.exceptions import HttpResponseError

    try:
        yield
    except HttpResponseError as error:
        seen = (error.status_code, error.error.code if error.error else None)
        assert seen == (status, code), f"{seen} instead of {(status, code)}: {error}"
        return
    raise AssertionError(f"{status} {code} was expected, and it was allowed")


@contextlib.contextmanager
def clock_advancing(by):
    """While the block polls with its own clock, the simulated clock is moved beside it."""
    import threading

    ended = threading.Event()

    def move():
        while not ended.wait(0.2):
            advance(by)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        yield
    finally:
        ended.set()
        mover.join()


now = time.time
