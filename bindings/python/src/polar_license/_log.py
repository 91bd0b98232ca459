"""Passes the library's log lines to Python's `logging`, to loggers below `polar_license`. The lines contain neither the
license key nor personal data. A logging handler must not use a license, because it may be called while locks of the
library are held.
"""

import atexit
import logging
from typing import Any

from polar_license._convert import string
from polar_license._native import ffi, lib

logger = logging.getLogger("polar_license")

_LEVELS = {
    lib.POLAR_LICENSE_LOG_ERROR: logging.ERROR,
    lib.POLAR_LICENSE_LOG_WARN: logging.WARNING,
    lib.POLAR_LICENSE_LOG_INFO: logging.INFO,
    lib.POLAR_LICENSE_LOG_DEBUG: logging.DEBUG,
}


@ffi.callback("polar_license_log_callback")
def _write(_: Any, level: int, target: Any, message: Any) -> None:
    # converts a name such as `polar_license::engine` to the form of Python's loggers
    source = logging.getLogger(string(target).replace("::", "."))
    source.log(_LEVELS[level], "%s", string(message))


# the library passes on all lines, and Python decides which of them are shown
lib.polar_license_set_log(lib.POLAR_LICENSE_LOG_DEBUG, _write, ffi.NULL, ffi.NULL)

# removes the callback before the interpreter ends, because the library's threads must not call Python afterwards
atexit.register(lib.polar_license_set_log, lib.POLAR_LICENSE_LOG_ERROR, ffi.NULL, ffi.NULL, ffi.NULL)
