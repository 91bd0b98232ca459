"""Runs the stories of the customer portal in tests/scenarios/portal through the installed package, with the local Polar
at `POLAR_LICENSE_POLAR`. To run only the stories whose names contain a text:

    SCENARIO='rotated' python -m unittest test_stories
"""

import logging
import os
import unittest

import local_polar as polar
from reading import ROOT, read_common, read_scenarios
from spoiling import spoilt_ones
from stories import Story
from world import run

FOLDER = ROOT / "portal"
COMMON = read_common(FOLDER)
COMMON["config"]["environment"] = polar.URL
WANTED = os.environ.get("SCENARIO", "")
STRIDE = int(os.environ.get("STRIDE", "16"))

STORIES = [(file, story) for file, story in read_scenarios(FOLDER, COMMON) if WANTED in story["name"]]


class Stories(unittest.TestCase):
    def setUp(self) -> None:
        # in stories the store fails on purpose, and the package logs such failures
        logger = logging.getLogger("polar_license")
        logger.propagate = False
        self.addCleanup(setattr, logger, "propagate", True)
        silent = logging.NullHandler()
        logger.addHandler(silent)
        self.addCleanup(logger.removeHandler, silent)

    def test_every_story_goes_as_it_says(self) -> None:
        for file, story in STORIES:
            with self.subTest(file=file, name=story["name"]):
                self.assertEqual(run(COMMON, file, story, Story), [])
        print(f"{len(STORIES)} stories")

    def test_spoilt_expectations_are_noticed(self) -> None:
        spoilt = [(file, *one) for file, story in STORIES for one in spoilt_ones(story)]
        for file, what, wrong in spoilt[::STRIDE]:
            with self.subTest(file=file, name=wrong["name"], what=what):
                self.assertNotEqual(run(COMMON, file, wrong, Story), [], "the runner did not notice")
        print(f"{len(spoilt[::STRIDE])} of {len(spoilt)} expectations spoilt")
