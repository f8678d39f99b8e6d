package io.zeoraid.server.control;

import io.zeoraid.raid.status.RaidStatus;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks all storages at once for their status, for health and metrics, which can't wait for long.
 */
@Singleton
class Statuses {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final RaidControl control;

  Statuses(RaidControl control) {
    this.control = control;
  }

  /**
   * What each storage answered, by name. Blocks for {@link #PATIENCE} at most: never call it on an
   * event loop.
   */
  Map<String, Answer> ask() {
    var questions = new LinkedHashMap<String, CompletableFuture<RaidStatus>>();
    for (String storage : control.storages()) {
      questions.put(storage, question(storage));
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    var answers = new LinkedHashMap<String, Answer>();
    questions.forEach(
        (storage, question) -> answers.put(storage, await(question, end - System.nanoTime())));
    return answers;
  }

  private CompletableFuture<RaidStatus> question(String storage) {
    try {
      return control.status(storage).toCompletableFuture();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static Answer await(CompletableFuture<RaidStatus> question, long nanos) {
    try {
      return new Answer.Told(question.get(Math.max(0, nanos), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return new Answer.Silent(
          "did not tell its status within %d s".formatted(PATIENCE.toSeconds()));
    } catch (ExecutionException e) {
      return new Answer.Silent("could not tell its status: " + e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer.Silent("was not asked to the end: this server is stopping");
    }
  }

  /** What one storage said. */
  sealed interface Answer {

    /** Its status. */
    record Told(RaidStatus status) implements Answer {}

    /**
     * Nothing.
     *
     * @param why continues "storage 1 …"
     */
    record Silent(String why) implements Answer {}
  }
}
