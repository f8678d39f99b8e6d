package io.zeoraid.server;

import io.zeoraid.config.ConfigException;
import io.zeoraid.server.control.RefusedException;
import io.zeoraid.server.net.Loop;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * The reloads of one storage. Each reads the configuration on a thread of its own, for files and
 * certificates take their time; and each begins when the one before has ended, so that what was
 * read earlier never replaces what was read later. Confined to the event loop.
 */
final class Reloads {
  /** Reads the configuration. */
  interface Reading {
    /**
     * Blocks; not on the event loop.
     *
     * @return what is to be done then, on the event loop
     * @throws ConfigException if it can't be used; for people
     * @throws IOException if it can't be read; for people
     */
    Supplier<CompletionStage<String>> read() throws ConfigException, IOException;
  }

  private final Loop loop;
  private final Reading reading;
  private CompletableFuture<String> last = CompletableFuture.completedFuture("");

  Reloads(Loop loop, Reading reading) {
    this.loop = loop;
    this.reading = reading;
  }

  /** Reads the configuration and carries it out; the stage ends on the event loop. */
  CompletionStage<String> reload() {
    CompletableFuture<String> answer = new CompletableFuture<>();
    CompletableFuture<String> before = last;
    last = answer;
    before.whenComplete((text, trouble) -> Thread.startVirtualThread(() -> read(answer)));
    return answer;
  }

  private void read(CompletableFuture<String> answer) {
    Runnable then;
    try {
      Supplier<CompletionStage<String>> made = reading.read();
      then = () -> carryOut(made, answer);
    } catch (ConfigException | IOException e) {
      then = () -> answer.completeExceptionally(refused(String.valueOf(e.getMessage())));
    } catch (RuntimeException e) {
      then = () -> answer.completeExceptionally(e);
    }
    try {
      loop.execute(then);
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(refused("this server stops"));
    }
  }

  private static void carryOut(
      Supplier<CompletionStage<String>> made, CompletableFuture<String> answer) {
    made.get()
        .whenComplete((text, trouble) -> {
          if (trouble == null) {
            answer.complete(text);
          } else {
            answer.completeExceptionally(trouble);
          }
        });
  }

  static RefusedException refused(String why) {
    return new RefusedException(RefusedException.Reason.NOT_IN_THIS_STATE, why);
  }
}
