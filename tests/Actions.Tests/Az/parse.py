"""Says of each command line on standard input whether Azure's command line parses it.

A line in, a line out: "ok", or what the parser said. Nothing is executed, and nothing is asked of anybody: the command's
parser is loaded, given the words, and its result thrown away.

Debian's package lacks one module that the commands for keys take their parameters from (azure.keyvault.v7_0). The
signatures below stand in for it: those of the library that the command line was written for, as its reference has them.
"""
import contextlib
import enum
import importlib.abc
import importlib.util
import io
import os
import shlex
import sys
import tempfile
import types

os.environ.setdefault("AZURE_CONFIG_DIR", tempfile.mkdtemp(prefix="az-parse-"))
os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "0"
os.environ["AZURE_CORE_NO_COLOR"] = "1"


class KeyVaultClient:
    """Parameters of the operations on keys."""

    def get_keys(self, vault_base_url, maxresults=None):
        """List keys."""

    def get_key_versions(self, vault_base_url, key_name, maxresults=None):
        """List versions."""

    def get_deleted_keys(self, vault_base_url, maxresults=None):
        """List deleted keys."""

    def get_deleted_key(self, vault_base_url, key_name):
        """Get a deleted key."""

    def delete_key(self, vault_base_url, key_name):
        """Delete a key."""

    def recover_deleted_key(self, vault_base_url, key_name):
        """Recover a key."""

    def backup_key(self, vault_base_url, key_name):
        """Back a key up."""

    def restore_key(self, vault_base_url, key_bundle_backup):
        """Restore a key."""

    def create_key(self, vault_base_url, key_name, kty):
        """Create a key."""


class Standing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the missing module, and no other."""

    def find_spec(self, name, path=None, target=None):
        if name.startswith("azure.keyvault.v7_0") or name == "azure.keyvault.key_vault_id":
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.KeyVaultClient = KeyVaultClient
        module.__getattr__ = lambda name: enum.Enum(name, [("other", "other")])
        return module

    def exec_module(self, module):
        pass


sys.meta_path.append(Standing())

from azure.cli.core import get_default_cli  # noqa: E402
from azure.cli.core.commands.arm import register_global_subscription_argument, register_ids_argument  # noqa: E402


def main():
    lines = [shlex.split(line)[1:] for line in sys.stdin if line.strip()]
    cli = get_default_cli()
    invoker = cli.invocation_cls(cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls)
    cli.invocation = invoker
    loader = invoker.commands_loader
    with contextlib.redirect_stderr(io.StringIO()):
        loader.load_command_table(None)
    names = [name_of(words, loader.command_table) for words in lines]
    register_global_subscription_argument(cli)
    register_ids_argument(cli)
    for loaders in loader.cmd_to_loader_map.values():
        for module in loaders:
            module.skip_applicability = True
    with contextlib.redirect_stderr(io.StringIO()):
        for name in sorted({name for name in names if name}):
            loader.load_arguments(name)
    loader.command_table = {name: loader.command_table[name] for name in names if name}
    invoker.parser.load_command_table(loader)
    for words, name in zip(lines, names):
        print("there is no such command" if name is None else said(invoker.parser, words))


def name_of(words, table):
    for length in range(len(words), 0, -1):
        if " ".join(words[:length]) in table:
            return " ".join(words[:length])
    return None


def said(parser, words):
    error = io.StringIO()
    try:
        with contextlib.redirect_stderr(error), contextlib.redirect_stdout(error):
            parser.parse_args(words)
    except SystemExit:
        text = [line for line in error.getvalue().splitlines() if line.strip()]
        return text[0] if text else "refused"
    except Exception as exception:
        return f"{type(exception).__name__}: {exception}".splitlines()[0]
    return "ok"


main()
