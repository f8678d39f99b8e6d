package io.zeoraid.server.control;

import io.zeoraid.raid.status.RaidStatus;
import jakarta.inject.Singleton;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** {@code /q/health/ready}: every storage serves its clients. */
@Readiness
@Singleton
class ReadinessOfStorages implements HealthCheck {
  private final Statuses statuses;

  ReadinessOfStorages(Statuses statuses) {
    this.statuses = statuses;
  }

  @Override
  public HealthCheckResponse call() {
    Map<String, Statuses.Answer> answers = statuses.ask();
    HealthCheckResponseBuilder response = HealthCheckResponse.named("storages");
    answers.forEach((storage, answer) -> response.withData("storage " + storage, words(answer)));
    if (answers.isEmpty()) {
      response.withData("reason", "no storage is open yet");
    }
    boolean ready =
        !answers.isEmpty()
            && answers.values().stream()
                .allMatch(a -> a instanceof Statuses.Answer.Told told && told.status().serving());
    return response.status(ready).build();
  }

  private static String words(Statuses.Answer answer) {
    return switch (answer) {
      case Statuses.Answer.Told(RaidStatus status) ->
          (status.serving() ? "serving, " : "not serving, ")
              + status.state().word()
              + (status.detail().isEmpty() ? "" : ": " + status.detail());
      case Statuses.Answer.Silent(String why) -> why;
    };
  }
}
