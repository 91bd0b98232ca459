// A license for a computer that is never online (A), with the help of a computer that has a network (B). Each run
// takes one step. The settings are in the environment, under the names that the command polar-license reads.
//
//     A  air_gap request              prints the request
//     B  air_gap answer REQUEST KEY   prints the answer
//     A  air_gap import ANSWER        stores the license
//     A  air_gap allows FEATURE       exits with 0 if the license allows the feature
//     A  air_gap return               prints the return
//     B  air_gap return TEXT          frees the seat
//
// An app asks its user for the texts instead, because every user of a computer can see its command lines.
#include <polar_license.hpp>

#include <cstdlib>
#include <iostream>

// On A: prints a request, which does not contain the license key.
static void print_request(polar::license &license) { std::cout << license.offline_request().view() << '\n'; }

// On B: activates the key for A, and prints the answer, which contains the license key.
static void print_answer(polar::license &license, const std::string &request, const std::string &key)
{
    std::cout << license.offline_answer(request, key).text.view() << '\n';
}

// On A: imports the answer.
static void import_answer(polar::license &license, const std::string &answer)
{
    std::cout << license.offline_import(answer).message() << '\n';
}

// On A: removes the license, and prints a text that contains the license key.
static void print_return(polar::license &license)
{
    const polar::offline_return returned = license.offline_return();
    std::cout << (returned.text ? returned.text.view() : "There is nothing else to do.") << '\n';
}

// On B: releases the seat.
static void release_seat(polar::license &license, const std::string &returned)
{
    const bool released = license.offline_release(returned).deactivated == polar::deactivated::released;
    std::cout << (released ? "released" : "there was no seat") << '\n';
}

static std::string setting(const char *name)
{
    const char *value = std::getenv(name);
    return value == nullptr ? "" : value;
}

static polar::options options()
{
    polar::options options{setting("POLAR_LICENSE_ORGANIZATION"), setting("POLAR_LICENSE_APP")};
    options.environment(setting("POLAR_LICENSE_ENVIRONMENT")).directory(setting("POLAR_LICENSE_DATA_DIR"));
    options.device_id(setting("POLAR_LICENSE_DEVICE_ID")).app_secret(setting("POLAR_LICENSE_APP_SECRET"));
    options.air_gap_days(static_cast<std::uint32_t>(std::atoi(setting("POLAR_LICENSE_AIR_GAP_DAYS").c_str())));
    const std::string features = setting("POLAR_LICENSE_FEATURES");
    const std::size_t equals = features.find('=');
    if (equals != std::string::npos)
        options.feature(features.substr(0, equals), {features.substr(equals + 1)});
    return options;
}

int main(int argc, char **argv)
{
    const std::vector<std::string> words(argv + 1, argv + argc);
    const std::string step = words.empty() ? "" : words[0];
    try {
        polar::license license{options()};
        if (step == "request")
            print_request(license);
        else if (step == "answer" && words.size() == 3)
            print_answer(license, words[1], words[2]);
        else if (step == "import" && words.size() == 2)
            import_answer(license, words[1]);
        else if (step == "return" && words.size() == 1)
            print_return(license);
        else if (step == "return")
            release_seat(license, words[1]);
        else
            return step == "allows" && words.size() == 2 && license.allows(words[1]) ? 0 : 1;
        return 0;
    } catch (const polar::error &error) {
        std::cerr << error.message() << '\n'; // says what the user can do
        return 1;
    }
}
