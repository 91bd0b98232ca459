// Uses the window of examples/qt as a person would, and prints the lines that the gate of examples/c prints. If
// SCREENSHOT names a folder, shows the window and its dialog, and saves pictures of them in that folder.
#include "window.hpp"

#include <QApplication>
#include <cstdio>
#include <cstdlib>

template <class Widget> static Widget *find(Window &window, const char *text)
{
    for (Widget *widget : window.findChildren<Widget *>())
        if (widget->text().startsWith(text))
            return widget;
    std::fprintf(stderr, "the window has no `%s`\n", text);
    std::exit(1);
}

/// Waits until the operation has ended, that is, until a key can be entered again.
static void wait_for_operation(Window &window)
{
    const QPushButton *enter = find<QPushButton>(window, "Enter license key");
    while (!enter->isEnabled())
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

static void save(QWidget &widget, const char *name)
{
    if (!qEnvironmentVariableIsSet("SCREENSHOT"))
        return;
    widget.resize(widget.sizeHint().expandedTo({360, 0}));
    widget.grab().save(qEnvironmentVariable("SCREENSHOT") + "/" + name + ".png");
}

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    polar::options options{"de300000-0000-4000-8000-000000000001", "com.acme.app"};
    options.environment(std::getenv("POLAR")).feature("export", {"de300000-0000-4000-8000-0000000000b1"});
    Window window{options};
    window.show();
    wait_for_operation(window);
    save(window, "start");
    const std::string argument = argc > 1 ? argv[1] : "";
    QPushButton *export_file = find<QPushButton>(window, "Export"), *deactivate = find<QPushButton>(window, "Deactivate");
    if (argument == "--deactivate") {
        deactivate->click();
        wait_for_operation(window);
        std::puts(deactivate->isEnabled() || export_file->isEnabled() ? "still active" : "the seat is free");
        return 0;
    }
    if (!argument.empty()) {
        find<QPushButton>(window, "Enter license key")->click();
        auto *dialog = window.findChild<QInputDialog *>();
        dialog->setTextValue(QString::fromStdString(argument));
        save(*dialog, "dialog");
        dialog->accept();
        wait_for_operation(window);
        save(window, "activated");
    }
    if (export_file->isEnabled()) {
        export_file->click();
        find<QLabel>(window, "Exported.");
        std::puts("exporting");
        return 0;
    }
    for (const QLabel *label : window.findChildren<QLabel *>())
        if (label->isVisible())
            std::fprintf(stderr, "%s\n", qUtf8Printable(label->text()));
    return argument.empty() ? 0 : 1;
}
