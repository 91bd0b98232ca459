package com.acme;

/** A program with one feature that a license turns on. Its arguments: {@code [KEY | --deactivate]}. */
public final class Main {
    // In Polar, the organization's id is in Settings, General, and the feature's id is the id of the license key
    // benefit.
    private static final String SETTINGS =
            """
            {
                "organizationId": "de300000-0000-4000-8000-000000000001",
                "appId": "com.acme.app",
                "environment": "%s",
                "features": {"export": ["de300000-0000-4000-8000-0000000000b1"]}
            }
            """;

    public static void main(String[] arguments) {
        String environment = System.getenv().getOrDefault("POLAR", "production"); // for tests, never in a release
        try (License license = new License(SETTINGS.formatted(environment), null)) {
            if (arguments.length > 0 && arguments[0].equals("--deactivate")) {
                boolean released = license.deactivate().equals("released");
                System.out.println(released ? "the seat is free" : "there was no seat");
                return;
            }
            license.refresh(); // returns at once if the last confirmation is fresh
            // Activates only if the feature is off. With a license, the program works while Polar is down.
            if (arguments.length > 0 && !license.allows("export")) license.activate(arguments[0]);
            if (license.allows("export")) System.out.println("exporting");
            else System.err.println(license.explain("export")); // no license, or one for another plan
        } catch (License.Failure failure) {
            System.err.println(failure.getMessage());
            System.exit(1);
        }
    }
}
