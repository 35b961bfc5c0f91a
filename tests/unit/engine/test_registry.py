"""A command that was cut short is read back into its class, whichever it is."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import hosted_engine.engine
from hosted_engine.engine.tasks.registry import command_of, commands
from hosted_engine.engine.vms.commands.resume import ResumeVm

KNOWN = "from hosted_engine.engine.tasks.registry import commands; print(*(one.__name__ for one in commands()))"


def test_a_process_that_has_just_begun_knows_every_command_that_there_is() -> None:
    for module in pkgutil.walk_packages(hosted_engine.engine.__path__, "hosted_engine.engine."):
        importlib.import_module(module.name)
    declared = {one.__name__ for one in commands() if one.__module__.startswith("hosted_engine.")}
    assert len(declared) > 20
    known = subprocess.run([sys.executable, "-c", KNOWN], check=True, capture_output=True, text=True).stdout.split()
    assert declared == set(known)
    assert len(known) == len(set(known))


def test_it_is_found_by_its_name() -> None:
    assert command_of("ResumeVm") is ResumeVm
    with pytest.raises(KeyError):
        command_of("NoSuchCommand")
