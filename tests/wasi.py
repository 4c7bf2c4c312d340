# SPDX-License-Identifier: BSD-3-Clause
"""Runs a program that is compiled for wasm32-wasi: python wasi.py FILE ARGUMENT...

The program sees the folder of this file, tests, by its path.
"""

import pathlib
import sys

import wasmtime


def run(program, arguments):
    """The status that a program ends with."""
    config = wasmtime.WasiConfig()
    config.argv = [program, *arguments]
    config.inherit_stdout()
    config.inherit_stderr()
    tests = str(pathlib.Path(__file__).parent)
    config.preopen_dir(tests, tests)
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    store.set_wasi(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    module = wasmtime.Module.from_file(engine, program)
    instance = linker.instantiate(store, module)
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        return end.code
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
