"""Debian's az, loaded once: each command runs in a process of its own, forked from one that has az's modules in memory already.
What runs is /usr/bin/az from its first line, with the same arguments and variables; only the two seconds of processor time that it
takes to read its modules are saved, for each of some eighty commands."""

import collections
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
import traceback

Door = collections.namedtuple("Door", "pid path")


def start(path, environment):
    """Starts the process that commands are forked from; it listens at a path, and ends with the one that started it."""
    starter = os.getpid()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    pid = os.fork()
    if pid == 0:
        try:
            os.environ.clear()
            os.environ.update(environment)
            _serve(listener, starter)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    listener.close()
    return Door(pid, path)


def _serve(listener, starter):
    # What nearly every command loads; a command loads the rest itself.
    import azure.cli.core.aaz
    import azure.cli.core.auth.identity
    import azure.cli.core.commands.arm
    import azure.cli.core.commands.parameters
    import azure.cli.core.commands.validators
    import azure.cli.core.extension
    import azure.cli.core.telemetry
    import azure.mgmt.core
    import msal
    import requests

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener.settimeout(1)
    while os.getppid() == starter:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                connection.settimeout(None)
                _answer(connection)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        connection.close()


def _answer(connection):
    """One command: its arguments in, its code and what it printed out."""
    arguments = json.loads(connection.makefile().readline())
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = _az(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        connection.sendall(json.dumps([code, out.read().decode(), err.read().decode()]).encode())


def _az(arguments):
    sys.argv = ["/usr/bin/az", *arguments]
    try:
        runpy.run_path("/usr/bin/az", run_name="__main__")
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
