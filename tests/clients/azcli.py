"""What the az scenarios share: Debian's az with a folder of its own, its output as JSON, and operations that do not wait for real time."""

import atexit
import json
import os
import signal
import socket
import sys
import threading
import types

import azstart
from support import advance, need

environment = dict(os.environ, AZURE_CONFIG_DIR=os.path.join(need("SCRATCH"), "az-" + os.path.basename(sys.argv[0]).removesuffix(".py")), AZURE_CORE_COLLECT_TELEMETRY="0", AZURE_CORE_NO_COLOR="1", HTTP_PROXY=need("HTTPS_PROXY"))
SUBSCRIPTION = "/subscriptions/" + need("AZURE_SUBSCRIPTION_ID")
HSM_RESOURCE = ["--resource", "https://managedhsm.azure.net"]


_door = azstart.start(os.path.join(need("SCRATCH"), "az-door-" + os.path.basename(sys.argv[0])), environment)
atexit.register(os.kill, _door.pid, signal.SIGKILL)


def run(*arguments):
    """Runs one command, and returns its code and what it printed."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(240)
        connection.connect(_door.path)
        connection.sendall(json.dumps(arguments).encode() + b"\n")
        code, out, err = json.loads(connection.makefile().read())
    return types.SimpleNamespace(returncode=code, stdout=out, stderr=err)


def az(*arguments):
    """Runs one command and returns what it printed, as JSON where it is."""
    done = run(*arguments)
    assert done.returncode == 0, f"az {' '.join(arguments)}: {done.stderr or done.stdout}"
    text = done.stdout.strip()
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def fails(word, *arguments):
    """Runs one command that must be refused with that word."""
    done = run(*arguments)
    assert done.returncode != 0 and word in done.stderr, f"az {' '.join(arguments)}: {done.returncode} {done.stderr or done.stdout}"


def slow(*arguments):
    """Runs a command that waits for an operation, and moves the simulated clock beside it."""
    ended = threading.Event()

    def move():
        while not ended.wait(0.5):
            advance("PT5M")

    mover = threading.Thread(target=move)
    mover.start()
    try:
        return az(*arguments)
    finally:
        ended.set()
        mover.join()


def rest(method, url, body=None, *more):
    arguments = ["rest", "--method", method, "--url", url, *more]
    if body is not None:
        arguments += ["--body", json.dumps(body)]
    return az(*arguments)


def grant(hsm, scope, role, principal, name):
    return rest("put", f"{hsm}{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=7.4", {
        "properties": {"roleDefinitionId": f"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/{role}", "principalId": principal}}, *HSM_RESOURCE)


def sign_in():
    """Signs in as the owner of the subscription, as az.py shows in every way."""
    return az("login", "--service-principal", "-u", need("AZURE_CLIENT_ID"), "-p", need("AZURE_CLIENT_SECRET"), "-t", need("AZURE_TENANT_ID"))
