"""Tests the content of the wheel `POLAR_LICENSE_WHEEL` and of the source distribution `POLAR_LICENSE_SDIST`. Also tests
that the code blocks in their guides do what the guides say.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
from email.parser import Parser
from importlib import resources
from pathlib import Path
from zipfile import ZipFile

import local_polar as polar
import polar_license

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "bindings" / "python"
WHEEL = Path(os.environ["POLAR_LICENSE_WHEEL"])
SDIST = Path(os.environ["POLAR_LICENSE_SDIST"])

WRITTEN_BY_MATURIN = {"_native/__init__.py", "_native/ffi.py", "_native/lib_native.so"}

PAPERS = {
    "METADATA",
    "RECORD",
    "WHEEL",
    "licenses/LICENSE-APACHE",
    "licenses/LICENSE-MIT",
    "licenses/LICENSES-rust-standard-library.html",
    "licenses/LICENSES.txt",
    "sboms/sbom.cdx.json",
}

GLIBC = (2, 17)
"""The version of glibc that manylinux2014 requires."""


class Wheel(unittest.TestCase):
    def setUp(self) -> None:
        self.wheel = self.enterContext(ZipFile(WHEEL))
        self.version = polar_license.__version__
        self.papers = f"polar_license-{self.version}.dist-info"

    def text(self, name: str) -> str:
        return self.wheel.read(f"{self.papers}/{name}").decode()

    def test_it_contains_the_sources_the_library_and_the_license_texts(self) -> None:
        source = PACKAGE / "src" / "polar_license"
        names = {str(path.relative_to(source)) for path in source.rglob("*.py*") if path.suffix in (".py", ".pyi")}
        others = {"py.typed", "SKILL.md", "llms.txt"}
        expected = {f"polar_license/{name}" for name in names | WRITTEN_BY_MATURIN | others}
        self.assertEqual(set(self.wheel.namelist()), expected | {f"{self.papers}/{name}" for name in PAPERS})
        print(f"{len(self.wheel.namelist())} files are in {WHEEL.name}, of {WHEEL.stat().st_size} bytes")

    def test_its_metadata_is_complete(self) -> None:
        metadata = Parser().parsestr(self.text("METADATA"))
        self.assertEqual((metadata["Name"], metadata["Version"]), ("polar-license", self.version))
        self.assertEqual((metadata["License-Expression"], metadata["Requires-Python"]), ("MIT OR Apache-2.0", ">=3.11"))
        self.assertEqual(metadata.get_all("License-File"), ["LICENSE-APACHE", "LICENSE-MIT"])
        self.assertEqual(metadata.get_all("Requires-Dist"), ["cffi>=1.16"])
        self.assertIn("Typing :: Typed", metadata.get_all("Classifier", []))
        self.assertEqual(str(metadata.get_payload()).strip(), (PACKAGE / "PYPI.md").read_text("utf-8").strip())
        self.assertIn("Tag: py3-none-manylinux2014_", self.text("WHEEL"))

    def test_its_library_needs_only_an_old_glibc_and_has_its_licenses(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            library = self.wheel.extract("polar_license/_native/lib_native.so", folder)
            printed = subprocess.run(["readelf", "-VdW", library], capture_output=True, text=True, check=True).stdout
        versions = {tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_([\d.]+)", printed)}
        self.assertTrue(versions)
        self.assertLessEqual({version for version in versions if version > GLIBC}, set())
        needed = set(re.findall(r"NEEDED.*\[(.+?)\.so", printed))
        self.assertLessEqual(
            needed, {"libc", "libm", "libdl", "libpthread", "librt", "ld-linux-x86-64", "ld-linux-aarch64"}
        )
        self.assertIn("ring ", self.text("licenses/LICENSES.txt"))
        self.assertGreater(len(json.loads(self.text("sboms/sbom.cdx.json"))["components"]), 10)

    def test_these_tests_use_it(self) -> None:
        self.assertTrue(str(polar_license.__file__).startswith(sys.prefix), polar_license.__file__)


class SourceDistribution(unittest.TestCase):
    def test_it_contains_the_workspace_of_the_library(self) -> None:
        with tarfile.open(SDIST) as sdist:
            names = {name.partition("/")[2] for name in sdist.getnames()}
        for name in (
            "Cargo.lock",
            "src/lib.rs",
            "bindings/c/src/lib.rs",
            "src/polar_license/py.typed",
            "PYPI.md",
            "PKG-INFO",
            "LICENSE-APACHE",
            "LICENSE-MIT",
        ):
            self.assertIn(name, names)
        folders = {name.partition("/")[0] for name in names if "/" in name}
        self.assertEqual(folders, {"bindings", "docs", "examples", "src", "tests", "texts", "tools"})
        print(f"{len(names)} files are in {SDIST.name}")


def blocks(guide: str) -> list[str]:
    """The Python blocks of a guide."""
    return re.findall(r"^```python\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)


class Guides(unittest.TestCase):
    """The README of PyPI, and the guide for coding agents."""

    def run_program(self, folder: Path, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """Runs Python in the folder, which is also the home directory of its user."""
        homes = dict.fromkeys(("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"), str(folder))
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | homes | {"POLAR": polar.URL},
            input=typed,
            capture_output=True,
            text=True,
        )

    def run_readme(self, typed: str) -> "subprocess.CompletedProcess[str]":
        """Runs all blocks of the README as one program."""
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "app.py"
            program.write_text("\n".join(blocks((PACKAGE / "PYPI.md").read_text("utf-8"))), "utf-8")
            return self.run_program(Path(folder), str(program), typed=typed)

    def test_the_guide_for_agents(self) -> None:
        package = resources.files("polar_license")
        self.assertIn("SKILL.md", package.joinpath("llms.txt").read_text("utf-8"))
        gate, test = blocks(package.joinpath("SKILL.md").read_text("utf-8"))
        named = re.findall(r"^def (test_\w+)", test, re.MULTILINE)
        self.assertEqual(len(named), 1)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "licensing.py").write_text(gate, "utf-8")
            Path(folder, "test_licensing.py").write_text(test, "utf-8")
            ended = self.run_program(Path(folder), "-c", f"from test_licensing import *; {named[0]}(); print('passed')")
        self.assertEqual((ended.stdout, ended.stderr), ("passed\n", ""))

    def test_the_blocks_lead_to_a_working_gate(self) -> None:
        polar.reset()
        ended = self.run_readme("DEMO-TWO-DEVICES\n")
        self.assertEqual(ended.stderr, "")
        asked = "No license is active on this device. Enter a license key.\nLicense key: "
        self.assertEqual(ended.stdout, f"{asked}exporting\n")

    def test_a_key_for_another_plan_and_a_mistyped_one(self) -> None:
        self.assertNotIn("exporting", self.run_readme("DEMO-BASIC\n").stdout)
        self.assertIn("This license key is not known. Check it for typos.", self.run_readme("MISTYPED\n").stdout)
