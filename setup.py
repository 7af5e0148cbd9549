"""The extension modules of the engine, and the flags that keep it exact.

Packages and engine modules are found by their folders and files; everything else is in pyproject.toml. Two environment
variables change the build:

PASSIVTUI_DEBUG_ENGINE=1   bounds and initialisation checks on; the same tests must pass, slower
PASSIVTUI_MARCH=NAME       a gcc -march value such as x86-64-v3; the results stay the same to the last bit
"""

import os
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup

DEBUG = os.environ.get("PASSIVTUI_DEBUG_ENGINE", "") not in ("", "0")
MARCH = os.environ.get("PASSIVTUI_MARCH", "")

# A fused multiply-add or a reassociated sum moves an order by one tick: contraction is off and fast-math never on.
FLAGS = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
if MARCH:
    FLAGS.append(f"-march={MARCH}")

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "initializedcheck": DEBUG,
    "cdivision": True,  # a division by zero gives inf or NaN, as in the specification
    "embedsignature": True,
    "freethreading_compatible": True,
}

MODULES = sorted(path.stem for path in Path(__file__).parent.glob("passivtui/core/*.pyx"))

extensions = [
    Extension(
        f"passivtui.core.{name}",
        [f"passivtui/core/{name}.pyx"],
        include_dirs=[numpy.get_include()],
        extra_compile_args=FLAGS,
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
    )
    for name in MODULES
]

setup(
    packages=[*find_packages(include=["passivtui", "passivtui.*"]), "passivtui.shipped_configs"],
    ext_modules=cythonize(extensions, compiler_directives=DIRECTIVES, force=True),
)
