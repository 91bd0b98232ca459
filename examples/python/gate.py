"""The gate of examples/c in Python, by ctypes alone: any language that can call C can use the shared library.
Usage: POLAR=... POLAR_LICENSE_LIBRARY=.../libpolar_license.so python3 gate.py [KEY | --deactivate]"""
import ctypes, os, sys

ORGANIZATION = b"de300000-0000-4000-8000-000000000001"
PRO = b"de300000-0000-4000-8000-0000000000b1"
polar = ctypes.CDLL(os.environ.get("POLAR_LICENSE_LIBRARY", "libpolar_license.so.0.1"))
for name in ["options_new", "error_message"]:
    getattr(polar, "polar_license_" + name).restype = ctypes.c_char_p if "message" in name else ctypes.c_void_p
license, error = ctypes.c_void_p(), ctypes.c_void_p()


def check(status):
    if status != 0:
        sys.exit(polar.polar_license_error_message(error).decode())


options = ctypes.c_void_p(polar.polar_license_options_new(ORGANIZATION, b"com.acme.app"))
polar.polar_license_options_set_environment(options, os.environ.get("POLAR", "production").encode())
polar.polar_license_options_add_feature(options, b"export", PRO)
check(polar.polar_license_open(options, ctypes.byref(license), ctypes.byref(error)))
if sys.argv[1:] == ["--deactivate"]:
    check(polar.polar_license_deactivate(license, None, ctypes.byref(error)))
    print("the seat is free")
else:
    if sys.argv[1:]:
        check(polar.polar_license_activate(license, sys.argv[1].encode(), ctypes.byref(error)))
    polar.polar_license_refresh(license, None)
    print("exporting" if polar.polar_license_allows(license, b"export") else "not allowed")
polar.polar_license_free(license)
polar.polar_license_options_free(options)
