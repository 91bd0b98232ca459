package com.acme;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The stories that every app should test, each with a local Polar: {@code npx polar-license-mock} or
 * {@code polar-license serve}. The variable POLAR has the address of the local Polar.
 */
public final class Stories {
    private static final String POLAR = System.getenv("POLAR");

    private static void withoutALicenseTheGateIsClosed(License license) {
        License.Decision now = license.current();
        check(!license.allows("export") && !now.allowed() && now.nextStep().equals("enter_key"), now);
    }

    private static void aKeyOpensTheGateUntilItsSeatIsReleased(License license) throws License.Failure {
        List<String> states = new ArrayList<>();
        license.onChange(now -> states.add(now.state()));
        try {
            license.activate("MISTYPED");
            throw new AssertionError("a mistyped key was accepted");
        } catch (License.Failure failure) {
            check(failure.kind.equals("refused") && !failure.getMessage().isEmpty(), failure);
        }
        license.activate("DEMO-ONE-DEVICE");
        check(license.allows("export"), license.current());
        check(license.deactivate().equals("released") && !license.allows("export"), license.current());
        check(states.equals(List.of("active", "unlicensed")), states);
    }

    private static void withoutANetworkTheGateStaysOpen(License license) throws Exception {
        license.activate("DEMO-PLAIN");
        steer("POST", "/faults", "{\"fault\": \"drop_connection\"}");
        check(license.validate().allowed() && license.allows("export"), license.current());
    }

    private static void aRevokedKeyClosesTheGate(License license) throws Exception {
        license.activate("DEMO-PLAIN");
        steer("PATCH", "/keys/DEMO-PLAIN", "{\"status\": \"revoked\"}");
        check(license.validate().reason().equals("inactive") && !license.allows("export"), license.current());
    }

    private static void aLicenseOfAnotherPlanIsExplained(License license) throws License.Failure {
        license.activate("DEMO-BASIC");
        String why = license.explain("export");
        check(!license.allows("export") && why.contains("does not include"), why);
    }

    public static void main(String[] arguments) throws Exception {
        run(Stories::withoutALicenseTheGateIsClosed);
        run(Stories::aKeyOpensTheGateUntilItsSeatIsReleased);
        run(Stories::withoutANetworkTheGateStaysOpen);
        run(Stories::aRevokedKeyClosesTheGate);
        run(Stories::aLicenseOfAnotherPlanIsExplained);
        System.out.println("every story passed");
    }

    private interface Story {
        void tell(License license) throws Exception;
    }

    /** Runs a story with the license of a new user, after the local Polar was reset. */
    private static void run(Story story) throws Exception {
        steer("POST", "/reset", "");
        Path directory = Files.createTempDirectory("stories");
        String settings =
                """
                {
                    "organizationId": "de300000-0000-4000-8000-000000000001",
                    "appId": "com.acme.app",
                    "environment": "%s",
                    "features": {"export": ["de300000-0000-4000-8000-0000000000b1"]}
                }
                """;
        try (License license = new License(settings.formatted(POLAR), directory)) {
            story.tell(license);
        }
    }

    /** Sends a command to the local Polar. */
    private static void steer(String method, String path, String body) throws Exception {
        URI address = URI.create(POLAR + "/_mock" + path);
        HttpRequest request =
                HttpRequest.newBuilder(address).method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        int status = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        check(status < 300, address + ": " + status);
    }

    private static void check(boolean holds, Object why) {
        if (!holds) throw new AssertionError(why);
    }
}
