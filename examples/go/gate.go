// The gate of examples/c in Go, with cgo, which finds the library with pkg-config.
// Usage: POLAR=... go run gate.go [KEY | --deactivate]
package main

// #cgo pkg-config: polar_license
// #include <polar_license.h>
// #include <stdlib.h>
import "C"

import (
	"errors"
	"fmt"
	"os"
	"unsafe"
)

const (
	organization = "de300000-0000-4000-8000-000000000001" // Polar: Settings, General
	pro          = "de300000-0000-4000-8000-0000000000b1" // Polar: the id of the license key benefit
)

// License is a license on this device. Any goroutine may use it. Close it when no goroutine uses it any longer.
type License struct{ handle *C.polar_license }

// with calls f with a copy of text for C.
func with(text string, f func(*C.char)) {
	copied := C.CString(text)
	defer C.free(unsafe.Pointer(copied))
	f(copied)
}

// failure returns the error, or nil if kind is 0.
func failure(kind C.int32_t, why *C.polar_license_error) error {
	defer C.polar_license_error_free(why)
	if kind == 0 {
		return nil
	}
	return errors.New(C.GoString(C.polar_license_error_message(why)))
}

// Open reads the license that is stored on this device.
func Open(environment string) (license License, err error) {
	var options *C.polar_license_options
	with(organization, func(id *C.char) {
		with("com.acme.app", func(app *C.char) { options = C.polar_license_options_new(id, app) })
	})
	defer C.polar_license_options_free(options)
	with(environment, func(name *C.char) { C.polar_license_options_set_environment(options, name) })
	with("export", func(feature *C.char) {
		with(pro, func(benefit *C.char) { C.polar_license_options_add_feature(options, feature, benefit) })
	})
	var why *C.polar_license_error
	return license, failure(C.polar_license_open(options, &license.handle, &why), why)
}

func (l License) Close() { C.polar_license_free(l.handle) }

func (l License) Activate(key string) (err error) {
	var why *C.polar_license_error
	with(key, func(key *C.char) { err = failure(C.polar_license_activate(l.handle, key, &why), why) })
	return err
}

// Refresh asks Polar if that is due.
func (l License) Refresh() { C.polar_license_refresh(l.handle, nil) }

func (l License) Allows(feature string) (allowed bool) {
	with(feature, func(name *C.char) { allowed = C.polar_license_allows(l.handle, name) != 0 })
	return allowed
}

// Explain returns why the feature is on or off, in one sentence for the user.
func (l License) Explain(feature string) (message string) {
	var decision *C.polar_license_decision
	C.polar_license_current(l.handle, &decision)
	defer C.polar_license_decision_free(decision)
	with(feature, func(name *C.char) { message = C.GoString(C.polar_license_decision_explain(decision, name)) })
	return message
}

// Deactivate releases the seat, and returns false if there was none.
func (l License) Deactivate() (bool, error) {
	var why *C.polar_license_error
	var outcome C.int32_t
	err := failure(C.polar_license_deactivate(l.handle, &outcome, &why), why)
	return outcome == C.POLAR_LICENSE_DEACTIVATED_RELEASED, err
}

func run(arguments []string) error {
	polar := os.Getenv("POLAR")
	if polar == "" {
		polar = "production"
	}
	license, err := Open(polar)
	if err != nil {
		return err
	}
	defer license.Close()
	if len(arguments) > 0 && arguments[0] == "--deactivate" {
		released, err := license.Deactivate()
		if err == nil && released {
			fmt.Println("the seat is free")
		} else if err == nil {
			fmt.Println("there was no seat")
		}
		return err
	}
	license.Refresh() // returns at once if the last confirmation is fresh
	// only without a license: with one, the program works while Polar is down
	if len(arguments) > 0 && !license.Allows("export") {
		if err := license.Activate(arguments[0]); err != nil {
			return err
		}
	}
	if license.Allows("export") {
		fmt.Println("exporting")
	} else {
		fmt.Fprintln(os.Stderr, license.Explain("export")) // no license, or one for another plan
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
