# SPDX-License-Identifier: BSD-3-Clause
"""Headless Chromium for the tests of pages: where it is, and a page opened in it."""

import os
import pathlib
import shutil
import time

import pytest

PROGRAMS = ("chromium", "chromedriver")
NEEDED = "apt-get install chromium chromium-driver; pip install '.[site-test]'"
WAIT = 20  # s for what a page does a moment later, on a machine that is busy


def start():
    """A browser; where it cannot be had, the test is skipped.

    Where DROPLAYERS_ALL_PAGES is set it fails instead.
    """
    paths = [shutil.which(program) for program in PROGRAMS]
    try:
        from selenium import webdriver
    except ImportError:
        webdriver = None
    if webdriver is None or None in paths:
        reason = f"pages are tested in Chromium: {NEEDED}"
        everything = os.environ.get("DROPLAYERS_ALL_PAGES")
        (pytest.fail if everything else pytest.skip)(reason)
    options = webdriver.ChromeOptions()
    options.binary_location, driver = paths
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("headless=new", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    if os.geteuid() == 0:  # where Chromium's sandbox does not start
        options.add_argument("--no-sandbox")
    return webdriver.Chrome(options, webdriver.ChromeService(driver))


class Page:
    """A file opened in a browser, at an address that ends in its `#...`."""

    def __init__(self, browser, path):
        self.browser, self.url = browser, pathlib.Path(path).as_uri()

    def open(self, fragment=""):
        """Load the page anew."""
        self.browser.get("about:blank")
        self.browser.get(self.url + fragment)

    def run(self, script, *arguments):
        """What a script returns."""
        return self.browser.execute_script(script, *arguments)

    def element(self, selector):
        return self.browser.find_element("css selector", selector)

    def command(self, name, **parameters):
        """One of Chromium's own commands."""
        return self.browser.execute_cdp_cmd(f"Emulation.{name}", parameters)

    def resize(self, width, height, scale=1, mobile=False):
        self.command(
            "setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=mobile,
        )

    def prefer(self, scheme):
        """Ask for light or dark, as the reader's system does."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.command("setEmulatedMedia", features=[feature])

    def press(self, *keys):
        """Press keys, whatever has the focus."""
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def wait_for(self, holds):
        """Wait until a function gives something true, and return that."""
        end = time.monotonic() + WAIT
        while not (result := holds()):
            assert time.monotonic() < end, f"waited {WAIT} s in vain"
            time.sleep(0.05)
        return result

    def errors(self):
        """What the console has said since the last time."""
        return self.browser.get_log("browser")
