package io.zeoraid.server.membership;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/** An API server that answers as it is told, or not at all: what a real one can't be made to do. */
final class FakeApiServer implements AutoCloseable {

  /** An answer to the requests whose {@code METHOD /path?query} fits. */
  private record Answer(Predicate<String> request, int code, String body) {}

  private final HttpServer server;
  private final List<Answer> answers = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);

  FakeApiServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory()));
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    requests.add(request);
    Answer answer =
        answers.stream().filter(it -> it.request.test(request)).findFirst().orElse(null);
    if (answer == null) {
      // It hangs.
      try {
        over.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      exchange.close();
      return;
    }
    byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(answer.code, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** From now on such requests are answered so; the first that fits counts. Others hang. */
  void answer(Predicate<String> request, int code, String body) {
    answers.add(new Answer(request, code, body));
  }

  /** From now on such requests are answered so, whatever was said before. */
  void answerInstead(Predicate<String> request, int code, String body) {
    answers.addFirst(new Answer(request, code, body));
  }

  /** The body of an answer that is a failure. */
  static String status(int code, String reason, String message) {
    return """
    {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": %d, "reason": "%s", "message": "%s"}
    """
        .formatted(code, reason, message);
  }

  /** What was asked, as {@code METHOD /path?query}. */
  List<String> requests() {
    return requests;
  }

  Config config() {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
        .withNamespace("zope")
        .build();
  }

  @Override
  public void close() {
    over.countDown();
    server.stop(0);
  }
}
