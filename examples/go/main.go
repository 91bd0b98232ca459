// A program with one feature that a license turns on.
// Usage: go run . [KEY | --deactivate]
package main

import (
	"fmt"
	"os"

	"example.com/acme/polarlicense"
)

var settings = polarlicense.Settings{
	"organizationId": "de300000-0000-4000-8000-000000000001", // Polar: Settings, General
	"appId":          "com.acme.app",
	"environment":    environment(),
	"features":       map[string][]string{"export": {"de300000-0000-4000-8000-0000000000b1"}}, // Polar: the benefit's id
}

// environment returns the address of the local Polar if a test has set POLAR to it, otherwise "production".
// A release sets no environment.
func environment() string {
	if polar := os.Getenv("POLAR"); polar != "" {
		return polar
	}
	return "production"
}

func run(arguments []string) error {
	license, err := polarlicense.Open(settings)
	if err != nil {
		return err
	}
	defer license.Close()
	if len(arguments) > 0 && arguments[0] == "--deactivate" {
		outcome, err := license.Deactivate()
		if err == nil && outcome == "released" {
			fmt.Println("the seat is free")
		} else if err == nil {
			fmt.Println("there was no seat")
		}
		return err
	}
	license.Refresh() // returns at once if the last confirmation is fresh
	// Activates only if the feature is off. With a license, the program works while Polar is down.
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
