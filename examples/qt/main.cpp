// The gate of examples/c as a desktop app. POLAR is "production", "sandbox" or an address, such as the address that
// `polar-license serve` prints.
#include "window.hpp"

#include <QApplication>
#include <QMessageBox>

static const char *const ORGANIZATION = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
static const char *const PRO = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    polar::options options{ORGANIZATION, "com.acme.app"};
    // for tests, never in a release
    options.environment(qEnvironmentVariable("POLAR", "production").toStdString()).feature("export", {PRO});
    try {
        Window window{options};
        window.show();
        return app.exec();
    } catch (const polar::error &error) { // thrown only if the options are wrong
        QMessageBox::critical(nullptr, "License", QString::fromStdString(std::string{error.message()}));
        return 1;
    }
}
