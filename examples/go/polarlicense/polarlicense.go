// Package polarlicense checks license keys sold through Polar. It calls the C library of polar-license, which cgo finds
// with pkg-config. Copy this folder into your program.
package polarlicense

/*
#cgo pkg-config: polar_license
#include <polar_license.h>
#include <stdlib.h>

extern void polarLicenseChanged(void *, polar_license_decision *, polar_license_decision *);
extern void polarLicenseForgotten(void *);

static int32_t on_change(const polar_license *license, uintptr_t callback, uint64_t *subscription) {
	return polar_license_on_change(license, (polar_license_change_callback)polarLicenseChanged, (void *)callback,
		polarLicenseForgotten, subscription);
}
*/
import "C"

import (
	"encoding/json"
	"runtime/cgo"
	"unsafe"
)

// Settings are the members of polar_license_options_from_json, such as "organizationId". An unknown member is an error.
type Settings map[string]any

// Decision says whether the app may run, and why. Its JSON has more members; add those that you need.
type Decision struct {
	State     string          // such as "active", "grace", "unlicensed"
	Allowed   bool            // whether the app may run
	Reason    string          // such as "activation_limit"; empty if the state has one cause only
	Message   string          // one sentence for the user
	NextStep  string          // such as "enter_key", "connect", "renew", "none"
	NextUrl   string          // the page for the next step, if you have set one
	Features  map[string]bool // the features that are on
	ExpiresAt string          // RFC 3339, in UTC; empty if the license never expires
}

// Error says why an operation failed. Kind is a word such as "refused", Message is for the user, and Detail is one line
// for logs.
type Error struct{ Kind, Message, Detail string }

func (e *Error) Error() string { return e.Message }

// License is a license on this device. Any goroutine may use the object.
type License struct{ handle *C.polar_license }

// Open reads the license that is stored on this device, without asking Polar.
func Open(settings Settings) (*License, error) {
	document, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	text := C.CString(string(document))
	defer C.free(unsafe.Pointer(text))
	options := C.polar_license_options_from_json(text)
	defer C.polar_license_options_free(options)
	license := &License{}
	var why *C.polar_license_error
	return license, failure(C.polar_license_open(options, &license.handle, &why), why)
}

// Close frees the license. Call it once, when no goroutine uses it any longer.
func (l *License) Close() { C.polar_license_free(l.handle) }

// Activate takes a seat for this device if the key needs one, and stores the license. It waits at most 35 s.
func (l *License) Activate(key string) error {
	text := C.CString(key)
	defer C.free(unsafe.Pointer(text))
	var why *C.polar_license_error
	return failure(C.polar_license_activate(l.handle, text, &why), why)
}

// Refresh asks Polar if a request is due. Call it at start. It waits at most 2 s if access is allowed, otherwise at
// most 10 s.
func (l *License) Refresh() Decision {
	return decided(func(place **C.polar_license_decision) { C.polar_license_refresh(l.handle, place) })
}

// Validate asks Polar now. It waits at most 10 s.
func (l *License) Validate() Decision {
	return decided(func(place **C.polar_license_decision) { C.polar_license_validate(l.handle, place) })
}

// Current returns the current decision. It never waits.
func (l *License) Current() Decision {
	return decided(func(place **C.polar_license_decision) { C.polar_license_current(l.handle, place) })
}

// Allows returns whether a feature is on. It never waits: call it wherever the feature begins.
func (l *License) Allows(feature string) bool {
	name := C.CString(feature)
	defer C.free(unsafe.Pointer(name))
	return C.polar_license_allows(l.handle, name) != 0
}

// Explain returns why a feature is on or off, in one sentence for the user.
func (l *License) Explain(feature string) string {
	name := C.CString(feature)
	defer C.free(unsafe.Pointer(name))
	var decision *C.polar_license_decision
	C.polar_license_current(l.handle, &decision)
	defer C.polar_license_decision_free(decision)
	return C.GoString(C.polar_license_decision_explain(decision, name))
}

// Deactivate releases the seat and removes the license from this device. It returns "released", "not_needed" or another
// name that polar_license_deactivated_name can return. It waits at most 35 s.
func (l *License) Deactivate() (string, error) {
	var outcome C.int32_t
	var why *C.polar_license_error
	err := failure(C.polar_license_deactivate(l.handle, &outcome, &why), why)
	return C.GoString(C.polar_license_deactivated_name(outcome)), err
}

// OnChange calls f after every operation that changed the decision. To end this, call the function that OnChange
// returns.
func (l *License) OnChange(f func(Decision)) (stop func()) {
	var subscription C.uint64_t
	C.on_change(l.handle, C.uintptr_t(cgo.NewHandle(f)), &subscription)
	return func() { C.polar_license_off_change(l.handle, subscription) }
}

//export polarLicenseChanged
func polarLicenseChanged(callback unsafe.Pointer, now, _ *C.polar_license_decision) {
	cgo.Handle(uintptr(callback)).Value().(func(Decision))(decoded(now))
}

//export polarLicenseForgotten
func polarLicenseForgotten(callback unsafe.Pointer) { cgo.Handle(uintptr(callback)).Delete() }

func decided(ask func(**C.polar_license_decision)) Decision {
	var decision *C.polar_license_decision
	ask(&decision)
	defer C.polar_license_decision_free(decision)
	return decoded(decision)
}

func decoded(decision *C.polar_license_decision) (decoded Decision) {
	_ = json.Unmarshal([]byte(C.GoString(C.polar_license_decision_json(decision))), &decoded) // never fails
	return decoded
}

func failure(kind C.int32_t, why *C.polar_license_error) error {
	if kind == C.POLAR_LICENSE_OK {
		return nil
	}
	defer C.polar_license_error_free(why)
	message, detail := C.polar_license_error_message(why), C.polar_license_error_detail(why)
	return &Error{C.GoString(C.polar_license_kind_name(kind)), C.GoString(message), C.GoString(detail)}
}
