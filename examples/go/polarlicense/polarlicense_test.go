package polarlicense

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// The address of the local Polar, which `npx polar-license-mock` or `polar-license serve` starts.
var polar = os.Getenv("POLAR")

// open resets the local Polar, and returns the license of a user whose home folder is empty.
func open(t *testing.T) *License {
	t.Helper()
	for _, variable := range []string{"HOME", "XDG_DATA_HOME", "LOCALAPPDATA"} {
		t.Setenv(variable, t.TempDir())
	}
	steer(t, "POST", "/reset", "")
	license, err := Open(Settings{
		"organizationId": "de300000-0000-4000-8000-000000000001",
		"appId":          "com.acme.app",
		"environment":    polar,
		"features":       map[string][]string{"export": {"de300000-0000-4000-8000-0000000000b1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(license.Close)
	return license
}

// steer sends a command to the local Polar.
func steer(t *testing.T, method, path, body string) {
	t.Helper()
	request, _ := http.NewRequest(method, polar+"/_mock"+path, strings.NewReader(body))
	reply, err := http.DefaultClient.Do(request)
	if err != nil || reply.StatusCode >= 300 {
		t.Fatal("set POLAR to the address of a local Polar:", err, reply)
	}
	reply.Body.Close()
}

func activate(t *testing.T, license *License, key string) {
	t.Helper()
	if err := license.Activate(key); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutALicenseTheGateIsClosed(t *testing.T) {
	license := open(t)
	now := license.Current()
	if license.Allows("export") || now.Allowed || now.NextStep != "enter_key" || now.Message == "" {
		t.Fatal(now)
	}
}

func TestAKeyOpensTheGateUntilItsSeatIsReleased(t *testing.T) {
	license := open(t)
	var states []string
	defer license.OnChange(func(now Decision) { states = append(states, now.State) })()
	err := license.Activate("MISTYPED")
	if refused, ok := err.(*Error); !ok || refused.Kind != "refused" || refused.Message == "" {
		t.Fatal(err)
	}
	activate(t, license, "DEMO-ONE-DEVICE")
	if !license.Allows("export") || !license.Current().Features["export"] {
		t.Fatal(license.Current())
	}
	if outcome, err := license.Deactivate(); err != nil || outcome != "released" || license.Allows("export") {
		t.Fatal(outcome, err)
	}
	if strings.Join(states, " ") != "active unlicensed" {
		t.Fatal(states)
	}
}

func TestWithoutANetworkTheGateStaysOpen(t *testing.T) {
	license := open(t)
	activate(t, license, "DEMO-PLAIN")
	steer(t, "POST", "/faults", `{"fault": "drop_connection"}`)
	if now := license.Validate(); !now.Allowed || !license.Allows("export") {
		t.Fatal(now)
	}
}

func TestARevokedKeyClosesTheGateAtTheNextRefresh(t *testing.T) {
	license := open(t)
	activate(t, license, "DEMO-PLAIN")
	steer(t, "PATCH", "/keys/DEMO-PLAIN", `{"status": "revoked"}`)
	if now := license.Validate(); now.Allowed || now.Reason != "inactive" || license.Allows("export") {
		t.Fatal(now)
	}
}

func TestALicenseOfAnotherPlanIsExplained(t *testing.T) {
	license := open(t)
	activate(t, license, "DEMO-BASIC")
	if why := license.Explain("export"); license.Allows("export") || !strings.Contains(why, "does not include") {
		t.Fatal(why)
	}
}
