// A window with a gate, in Qt 6 Widgets: a dialog for the key, a button that the license enables, and messages for the
// user. Calls that wait for Polar run on a separate thread. Widgets change on the GUI thread only.
#pragma once
#include <polar_license.hpp>

#include <QInputDialog>
#include <QLabel>
#include <QPushButton>
#include <QThreadPool>
#include <QVBoxLayout>
#include <QWidget>
#include <functional>

class Window : public QWidget {
  public:
    explicit Window(const polar::options &options) : license(options)
    {
        setWindowTitle("Acme");
        auto *layout = new QVBoxLayout(this);
        for (QLabel *label : {status, problem, whyOff}) {
            label->setWordWrap(true);
            layout->addWidget(label);
        }
        for (QPushButton *button : {exportFile, enterKey, deactivate})
            layout->addWidget(button);
        connect(exportFile, &QPushButton::clicked, this, [this] {
            if (license.allows("export")) // reads memory only, so it does not block
                problem->setText("Exported.");
        });
        connect(enterKey, &QPushButton::clicked, this, [this] { askForKey(); });
        connect(deactivate, &QPushButton::clicked, this, [this] { run([this] { license.deactivate(); }); });

        // The callback runs on the thread of the operation, for example of the automatic refresh.
        subscription = license.on_change([this](polar::decision_view, polar::decision_view) {
            QMetaObject::invokeMethod(this, [this] { showLicense(); }); // runs on the GUI thread
        });
        license.start_auto_refresh();
        showLicense();
        run([this] { license.refresh(); });
    }

    ~Window() override
    {
        license.cancel(); // ends operations that are still waiting for Polar
        pool.waitForDone();
    }

  private:
    void showLicense()
    {
        const polar::decision decision = license.current();
        const bool isOn = decision.allows("export");
        status->setText(text(decision.message()));
        exportFile->setEnabled(isOn);
        whyOff->setText(text(decision.explain("export")));
        whyOff->setVisible(decision.allowed() && !isOn); // without a license, `status` already says it
    }

    static QString text(std::string_view utf8)
    {
        return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
    }

    void askForKey()
    {
        auto *dialog = new QInputDialog(this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setWindowTitle("License");
        dialog->setLabelText("License key:");
        connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString &key) {
            run([this, key = key.toStdString()] { license.activate(key); });
        });
        dialog->open();
    }

    /// Runs `operation` on another thread, and shows the error if it fails.
    void run(std::function<void()> operation)
    {
        problem->clear();
        enterKey->setEnabled(false);
        deactivate->setEnabled(false);
        pool.start([this, operation = std::move(operation)] {
            QString message;
            try {
                operation();
            } catch (const polar::error &error) {
                message = text(error.message());
            }
            QMetaObject::invokeMethod(this, [this, message] {
                problem->setText(message);
                enterKey->setEnabled(true);
                deactivate->setEnabled(license.allowed());
            });
        });
    }

    QLabel *status = new QLabel, *problem = new QLabel, *whyOff = new QLabel;
    QPushButton *exportFile = new QPushButton("Export"), *enterKey = new QPushButton("Enter license key…"),
                *deactivate = new QPushButton("Deactivate this device");
    QThreadPool pool;
    polar::license license;
    polar::subscription subscription;
};
