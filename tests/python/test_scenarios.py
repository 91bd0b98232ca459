"""Runs all of tests/scenarios through the installed package, and tests the runner. Never opens a connection and never
reads the system's clock. To run only the scenarios whose names contain a text:

    SCENARIO='rotated key' python -m unittest test_scenarios
"""

import logging
import os
import unittest
from pathlib import Path

from reading import read_common, read_scenarios
from spoiling import spoilt_ones
from world import run

FOLDER = Path(__file__).parent.parent / "scenarios"
COMMON = read_common(FOLDER)
WANTED = os.environ.get("SCENARIO", "")
STRIDE = int(os.environ.get("STRIDE", "4"))
"""If this is 1, the test of the runner spoils every expectation, and not only some, which takes four times as long."""

SCENARIOS = [(file, scenario) for file, scenario in read_scenarios(FOLDER, COMMON) if WANTED in scenario["name"]]


class Leaks(logging.Handler):
    """Collects every log line. No line may contain a key or personal data."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        line = record.getMessage()
        self.found += [secret for secret in [*COMMON["personal"], *COMMON["sold"]] if secret in line]


class Scenarios(unittest.TestCase):
    def setUp(self) -> None:
        self.leaks = Leaks()
        logger = logging.getLogger("polar_license")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(self.leaks)
        self.addCleanup(logger.removeHandler, self.leaks)

    def test_every_scenario_goes_as_it_says(self) -> None:
        for file, scenario in SCENARIOS:
            with self.subTest(file=file, name=scenario["name"]):
                failures = run(COMMON, file, scenario)
                if "broken" in scenario:
                    self.assertTrue(failures, "it works although it says `broken`; remove that member")
                else:
                    self.assertEqual(failures, [])
        self.assertEqual(self.leaks.found, [])
        self.assertGreater(self.leaks.lines, 0)
        print(f"{len(SCENARIOS)} scenarios")

    def test_spoilt_expectations_are_noticed(self) -> None:
        sound = [(file, scenario) for file, scenario in SCENARIOS if "broken" not in scenario]
        spoilt = [(file, *one) for file, scenario in sound for one in spoilt_ones(scenario)]
        for file, what, wrong in spoilt[::STRIDE]:
            with self.subTest(file=file, name=wrong["name"], what=what):
                self.assertNotEqual(run(COMMON, file, wrong), [], "the runner did not notice")
        print(f"{len(spoilt[::STRIDE])} of {len(spoilt)} expectations spoilt")
        self.assertGreater(len(spoilt), len(SCENARIOS))
