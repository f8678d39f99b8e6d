package io.zeoraid.server.membership;

import io.zeoraid.raid.membership.Stored;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A process of its own that uses a file store: what two servers of one machine are to each other.
 * Told by lines what to do; answers each with a line.
 */
final class StoreProcess implements AutoCloseable {
  private final Process process;
  private final Writer input;
  private final BufferedReader output;

  StoreProcess(Path file) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                StoreProcess.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    input = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Has it do something, and waits until it is done. */
  String tell(String order) throws IOException {
    begin(order);
    return answer();
  }

  void begin(String order) throws IOException {
    input.write(order + "\n");
    input.flush();
  }

  String answer() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("the process has ended");
    }
    return line;
  }

  /** Stops it as a debugger would, or lets it go on. */
  void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException("can't send " + name);
    }
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** The process. */
  public static void main(String... args) throws IOException {
    try (FileMembershipStore store = FileMembershipStore.open(Path.of(args[0]))) {
      BufferedReader orders =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      PrintWriter answers = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
      for (String line = orders.readLine(); line != null; line = orders.readLine()) {
        List<String> words = List.of(line.split(" "));
        answers.println(
            switch (words.getFirst()) {
              case "beat" -> beat(store, words.get(1));
              case "end" -> end(store);
              case "count" -> count(store, Integer.parseInt(words.get(1)));
              default -> "?";
            });
      }
    }
  }

  private static String beat(MembershipStore store, String primary) {
    store.beat(primary);
    return Eventually.value(store.heartbeat()).toString();
  }

  private static String end(MembershipStore store) {
    store.endBeats();
    return Eventually.value(store.heartbeat()).toString();
  }

  /** Adds so many revisions, whatever others do. */
  static String count(MembershipStore store, int times) {
    int made = 0;
    Stored now = Eventually.value(store.read()).orElseThrow();
    while (made < times) {
      switch (Eventually.value(
          store.compareAndSet(Optional.of(now.version()), now.record().nextRevision()))) {
        case MembershipStore.Outcome.Written(Stored stored) -> {
          made++;
          now = stored;
        }
        case MembershipStore.Outcome.Refused(Stored current) -> now = current;
      }
    }
    return "counted";
  }
}
