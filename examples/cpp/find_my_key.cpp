// Restores the license of a customer who has lost the key or whose machine is dead, and who has only the e-mail address
// of the purchase. Exports if the license allows it. The environment variable POLAR is "production", "sandbox" or an
// address, such as the address that `polar-license serve` prints. That command also shows the e-mails.
#include <polar_license_portal.hpp>

#include <cstdlib>
#include <iostream>

static constexpr auto ORGANIZATION = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
static constexpr auto PRO = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit

static std::string ask(std::string_view question)
{
    std::string line;
    std::cout << question << ' ' << std::flush;
    std::getline(std::cin, line);
    return line;
}

static std::string_view name(const polar::license_key &key) { return key.display_key(); }
static std::string_view name(const polar::device &device) { return device.label(); }

template <class Thing> static Thing choose(const std::vector<Thing> &things)
{
    if (things.empty())
        return {};
    for (std::size_t i = 0; i < things.size(); i++)
        std::cout << i + 1 << ": " << name(things[i]) << '\n';
    const std::size_t choice = std::strtoul(ask("Which one?").c_str(), nullptr, 10) - 1;
    return choice < things.size() ? things[choice] : Thing{};
}

// Does what a button "I lost my key" in an app's dialog would do.
static void find_my_key(const polar::license &license)
{
    const polar::portal portal{license};
    std::cout << portal.request_code(ask("The e-mail address of the purchase?")).message() << '\n';
    const polar::session session = portal.authenticate(ask("The code from the mail?"));
    polar::restored restored = session.restore();
    if (restored.kind() == polar::restored_kind::choose) {
        const polar::license_key key = choose(restored.keys());
        if (!key)
            return;
        restored = session.activate(key);
    }
    if (restored.kind() == polar::restored_kind::no_seat) {
        std::cout << restored.error().message() << '\n' << restored.devices().message() << '\n';
        const polar::device device = choose(restored.devices().listed());
        if (!device)
            return; // the devices are hidden, or none was chosen
        session.release(device);
        restored = session.activate(restored.key());
    }
}

int main()
{
    const char *const where = std::getenv("POLAR"); // for tests, never in a release
    polar::options options{ORGANIZATION, "com.acme.app"};
    options.environment(where ? where : "production").feature("export", {PRO});
    try {
        polar::license license{options};
        license.refresh(); // returns at once if the last confirmation is fresh
        if (!license.allows("export"))
            find_my_key(license);
        if (!license.allows("export"))
            return 1;
        std::cout << "exporting\n";
    } catch (const polar::error &error) {
        std::cout << error.message() << '\n';
        return 1;
    }
}
