// A gate: it runs a feature only if the license allows it. Activates the key that is given on the command line, if any,
// and then exports if the license allows it. With `--deactivate`, releases the seat. The environment variable POLAR is
// "production", "sandbox" or an address, such as the address that `polar-license serve` prints.
#include <polar_license.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

static const char *const ORGANIZATION = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
static const char *const PRO = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit

int main(int argc, char **argv)
try {
    const char *polar = std::getenv("POLAR"); // for tests, never in a release
    polar::options options{ORGANIZATION, "com.acme.app"};
    options.environment(polar ? polar : "production").feature("export", {PRO});
    polar::license license{options};
    if (argc > 1 && argv[1] == std::string{"--deactivate"}) {
        const bool released = license.deactivate() == polar::deactivated::released;
        std::cout << (released ? "the seat is free" : "there was no seat") << '\n';
        return 0;
    }
    license.refresh(); // returns at once if the last confirmation is fresh
    // Activate only if the feature is off, so that the program also works while Polar is down.
    if (argc > 1 && !license.allows("export"))
        license.activate(argv[1]);
    const polar::decision decision = license.current();
    if (decision.allows("export"))
        std::cout << "exporting\n";
    else
        std::cerr << decision.explain("export") << '\n'; // no license, or one for another plan
    return 0;
} catch (const polar::error &error) {
    std::cerr << error.message() << '\n';
    return 1;
}
