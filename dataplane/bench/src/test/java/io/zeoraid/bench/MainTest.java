package io.zeoraid.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return new CommandLine(new Main())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private void requireRefused(String why, String... arguments) {
    assertEquals(2, run(arguments));
    assertTrue(err.toString().contains(why), err.toString());
  }

  @Test
  void listsTheWorkloads() {
    assertEquals(0, run("--list"));
    assertEquals(16, out.toString().lines().count());
    assertTrue(out.toString().contains("16 clients, commits of 1 × 1048576 bytes"));
    assertTrue(out.toString().lines().anyMatch(line -> line.startsWith("recovery ")));
    assertTrue(out.toString().lines().anyMatch(line -> line.startsWith("executables ")));
  }

  @Test
  void refusesAnUnknownWorkload() {
    requireRefused("there is no workload 'lode'", "--only", "lode");
  }

  @Test
  void refusesAnUnknownEncoding() {
    requireRefused("must be Z (pickle) or M (msgpack), not X", "--encoding", "X");
  }

  @Test
  void refusesTooManyBackends() {
    requireRefused("--backends must be 1 to 3, not 4", "--backends", "2,4");
  }

  @Test
  void refusesOneServerAsSeveral() {
    requireRefused("--servers must be 2 to 3, not 1", "--servers", "1");
  }

  @Test
  void refusesNoRounds() {
    requireRefused("--rounds must be 1 to 99, not 0", "--rounds", "0");
  }

  @Test
  void refusesToCheckWhatIsNotMeasured() {
    requireRefused("--check needs load-1 on raid-2", "--check", "--only", "commit-1");
  }

  @Test
  void refusesToCheckTheNativeExecutableWithoutIt() {
    requireRefused(
        "--check of executables needs --server-native", "--check", "--only", "executables");
  }

  @Test
  void refusesANativeExecutableThatIsNotThere() {
    String file = ProcessHandle.current().info().command().orElseThrow();
    requireRefused(
        "--server-native: there is no file /does/not/exist",
        "--python",
        file,
        "--server-jar",
        file,
        "--server-native",
        "/does/not/exist");
  }

  @Test
  void needsThePrograms() {
    requireRefused("--python is missing; './dev bench' gives it", "--quick");
    requireRefused(
        "--server-jar: there is no file /does/not/exist",
        "--python",
        ProcessHandle.current().info().command().orElseThrow(),
        "--server-jar",
        "/does/not/exist");
  }

  @Test
  void eachRoundBeginsWithAnotherTarget() {
    List<String> all = List.of("a", "b", "c");
    assertEquals(List.of("a", "b", "c"), Bench.order(all, 0));
    assertEquals(List.of("a", "c", "b"), Bench.order(all, 1));
    assertEquals(List.of("c", "a", "b"), Bench.order(all, 2));
    assertEquals(List.of("c", "b", "a"), Bench.order(all, 3));
  }
}
