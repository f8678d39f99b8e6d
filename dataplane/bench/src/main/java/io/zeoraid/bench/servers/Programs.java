package io.zeoraid.bench.servers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.zeoraid.bench.generator.BenchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The programs under test.
 *
 * @param python a Python with ZEO
 * @param serverJar {@code quarkus-run.jar} of the server
 * @param serverNative the native executable of the server; null if there is none
 * @param serverAot the AOT cache of a JVM that runs the jar; null if there is none
 */
public record Programs(
    Path python, Path serverJar, @Nullable Path serverNative, @Nullable Path serverAot) {
  private static final long ANSWER_SECONDS = 30;

  private static final String VERSIONS =
      """
      import importlib.metadata as m, platform
      print('Python', platform.python_version())
      for name in ('ZEO', 'ZODB', 'zodbpickle', 'msgpack', 'msgpack-python'):
          try:
              print(name, m.version(name))
          except m.PackageNotFoundError:
              pass
      """;

  /** To start faster for single questions. */
  private static final List<String> ONE_COMPILER = List.of("-XX:TieredStopAtLevel=1");

  /** What Netty uses and JDK 24 and later warn about. */
  private static final List<String> QUIET =
      List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");

  /**
   * The same with copies of the server in this folder, so that a build that goes on meanwhile does
   * not pull it away from under those that run. They have the times of the originals, for which an
   * AOT cache looks.
   */
  public Programs copied(Path folder) {
    Path from = serverJar.resolveSibling("").toAbsolutePath();
    Path to = folder.resolve("zeoraid");
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        copy(file, to.resolve(from.relativize(file)));
      }
    } catch (IOException | UncheckedIOException e) {
      throw new BenchException("can't copy " + from + ": " + e.getMessage(), e);
    }
    return new Programs(
        python,
        to.resolve(serverJar.getFileName()),
        copied(serverNative, folder.resolve("zeoraid-native")),
        copied(serverAot, folder.resolve("zeoraid.aot")));
  }

  private static @Nullable Path copied(@Nullable Path from, Path to) {
    if (from == null) {
      return null;
    }
    try {
      copy(from, to);
      return to;
    } catch (IOException e) {
      throw new BenchException("can't copy " + from + ": " + e.getMessage(), e);
    }
  }

  /** To the disk, which the servers' own fsyncs else might have to wait for. */
  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
    if (Files.isRegularFile(to)) {
      try (FileChannel copied = FileChannel.open(to)) {
        copied.force(true);
      }
    }
  }

  List<String> python(String... arguments) {
    List<String> command = new ArrayList<>(List.of(python.toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** ZEORaid on the JVM that runs this. */
  Executable onJvm(List<String> options) {
    return onJvm(Executable.JVM, options);
  }

  private Executable onJvm(String name, List<String> options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(QUIET);
    command.addAll(options);
    command.addAll(List.of("-jar", serverJar.toString()));
    return new Executable(name, command);
  }

  /**
   * All forms of ZEORaid that there are, the native one first. A JVM that can't use its AOT cache
   * ends.
   *
   * @param jvmOptions for those on a JVM
   */
  public List<Executable> executables(List<String> jvmOptions) {
    List<Executable> all = new ArrayList<>();
    if (serverNative != null) {
      all.add(new Executable(Executable.NATIVE, List.of(serverNative.toString())));
    }
    all.add(onJvm(jvmOptions));
    if (serverAot != null) {
      List<String> options = new ArrayList<>(jvmOptions);
      options.addAll(List.of("-XX:AOTMode=on", "-XX:AOTCache=" + serverAot));
      all.add(onJvm(Executable.JVM_AOT, options));
    }
    return all;
  }

  /** Whether the ZEORaid server with this control port of the loopback interface is the primary. */
  boolean isPrimary(int controlPort) {
    String answer =
        output(
            onJvm(ONE_COMPILER)
                .with("--control", "127.0.0.1:" + controlPort, "--output", "json", "details"));
    try {
      JsonNode details = new ObjectMapper().readTree(answer);
      return details.path("primary").asText().equals(details.path("server").asText(" "));
    } catch (JsonProcessingException e) {
      throw new BenchException("'zeoraid details' does not answer JSON, but: " + answer, e);
    }
  }

  /** The versions of everything that is measured. */
  public Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("ZEORaid", output(onJvm(ONE_COMPILER).with("--version")));
    if (serverNative != null) {
      versions.put(
          "ZEORaid " + Executable.NATIVE, output(List.of(serverNative.toString(), "--version")));
    }
    versions.put("Java", System.getProperty("java.vm.name") + " " + Runtime.version());
    output(python("-c", VERSIONS))
        .lines()
        .map(line -> line.split(" ", 2))
        .filter(pair -> pair.length == 2)
        .forEach(pair -> versions.put(pair[0], pair[1]));
    if (!versions.containsKey("ZEO")) {
      throw new BenchException(python + " has no ZEO; './dev venv' makes a Python that has");
    }
    return versions;
  }

  /**
   * Runs a program to its end.
   *
   * @return what it said
   * @throws BenchException if it can't be run, or fails
   */
  static String output(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new BenchException(String.join(" ", command) + " failed: " + output);
      }
      return output;
    } catch (IOException e) {
      throw new BenchException("can't run " + command.getFirst() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }
}
