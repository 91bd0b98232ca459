"""The version of the library in this package."""

from polar_license._native import ffi, lib

__version__: str = ffi.string(lib.polar_license_version()).decode()
