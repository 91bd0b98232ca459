"""The gate of examples/c in Python, with ctypes alone: any language that can call C can use the shared library.
Usage: POLAR=... POLAR_LICENSE_LIBRARY=.../libpolar_license.so python3 gate.py [KEY | --deactivate]"""
import ctypes
import os
import sys

ORGANIZATION = b"de300000-0000-4000-8000-000000000001"  # Polar: Settings, General
PRO = b"de300000-0000-4000-8000-0000000000b1"  # Polar: the id of the license key benefit
RELEASED = 0  # POLAR_LICENSE_DEACTIVATED_RELEASED

polar = ctypes.CDLL(os.environ.get("POLAR_LICENSE_LIBRARY", "libpolar_license.so.0.1"))
polar.polar_license_options_new.restype = ctypes.c_void_p
polar.polar_license_error_message.restype = ctypes.c_char_p
polar.polar_license_decision_explain.restype = ctypes.c_char_p
license, decision, error = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()


def check(kind_of_error):
    if kind_of_error != 0:
        sys.exit(polar.polar_license_error_message(error).decode())


options = ctypes.c_void_p(polar.polar_license_options_new(ORGANIZATION, b"com.acme.app"))
# for tests, never in a release
polar.polar_license_options_set_environment(options, os.environ.get("POLAR", "production").encode())
polar.polar_license_options_add_feature(options, b"export", PRO)
check(polar.polar_license_open(options, ctypes.byref(license), ctypes.byref(error)))
if sys.argv[1:] == ["--deactivate"]:
    outcome = ctypes.c_int32()
    check(polar.polar_license_deactivate(license, ctypes.byref(outcome), ctypes.byref(error)))
    print("the seat is free" if outcome.value == RELEASED else "there was no seat")
else:
    polar.polar_license_refresh(license, None)  # returns at once if the last confirmation is fresh
    # Activates only if the feature is off. With a license, the program works while Polar is down.
    if sys.argv[1:] and not polar.polar_license_allows(license, b"export"):
        check(polar.polar_license_activate(license, sys.argv[1].encode(), ctypes.byref(error)))
    polar.polar_license_current(license, ctypes.byref(decision))
    if polar.polar_license_decision_allows(decision, b"export"):
        print("exporting")
    else:  # no license, or one for another plan
        print(polar.polar_license_decision_explain(decision, b"export").decode(), file=sys.stderr)
    polar.polar_license_decision_free(decision)
polar.polar_license_free(license)
polar.polar_license_options_free(options)
