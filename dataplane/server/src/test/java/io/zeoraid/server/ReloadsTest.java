package io.zeoraid.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.server.net.Loop;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ReloadsTest {
  private final Loop loop = new Loop("test");

  @AfterEach
  void end() {
    loop.close();
  }

  private CompletableFuture<String> reload(Reloads reloads) {
    CompletableFuture<String> answer = new CompletableFuture<>();
    loop.execute(() ->
        reloads
            .reload()
            .whenComplete((text, trouble) -> {
              if (trouble == null) {
                answer.complete(text + " " + loop.isHere());
              } else {
                answer.completeExceptionally(trouble);
              }
            }));
    return answer;
  }

  @Test
  void readsBesideTheEventLoopAndCarriesOutOnIt() {
    Reloads reloads =
        new Reloads(
            loop,
            () -> {
              boolean read = loop.isHere();
              return () -> CompletableFuture.completedFuture(read + " " + loop.isHere());
            });

    assertEquals("false true true", reload(reloads).join());
  }

  @Test
  void beginsWhenTheOneBeforeHasEnded() {
    List<CompletableFuture<String>> open = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> begun = new CompletableFuture<>();
    Reloads reloads =
        new Reloads(
            loop,
            () -> {
              CompletableFuture<String> wish = new CompletableFuture<>();
              open.add(wish);
              return () -> {
                if (!begun.complete(null)) {
                  wish.complete("second");
                }
                return wish;
              };
            });
    CompletableFuture<String> first = reload(reloads);
    CompletableFuture<String> second = reload(reloads);
    begun.join();

    assertEquals(1, open.size());
    assertFalse(second.isDone());
    loop.execute(() -> open.getFirst().complete("first"));
    assertEquals("first true", first.join());
    assertEquals("second true", second.join());
  }

  @Test
  void goesOnAfterAConfigurationThatCannotBeRead() {
    List<String> files = new CopyOnWriteArrayList<>(List.of("broken", "good"));
    Reloads reloads =
        new Reloads(
            loop,
            () -> {
              String file = files.removeFirst();
              if (file.equals("broken")) {
                throw new IOException(file);
              }
              return () -> CompletableFuture.completedFuture(file);
            });
    CompletableFuture<String> first = reload(reloads);
    CompletableFuture<String> second = reload(reloads);

    CompletionException refused = assertThrows(CompletionException.class, first::join);
    assertTrue(String.valueOf(refused.getMessage()).contains("broken"), refused.getMessage());
    assertEquals("good true", second.join());
  }
}
