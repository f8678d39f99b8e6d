package io.zeoraid.server.cli;

import io.zeoraid.config.Address;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options of all verbs that ask a running server. They may stand before or after the verb, so
 * both the program and the verb have them; the one after the verb wins.
 */
final class ConnectionOptions {
  private static final String DEFAULT_HOST = "127.0.0.1";
  private static final int DEFAULT_ZEO_PORT = 8100;
  private static final int DEFAULT_TIMEOUT_SECONDS = 10;

  @Option(
      names = {"-H", "--host"},
      paramLabel = "HOST",
      description = "The host of the server. Default: " + DEFAULT_HOST + ".")
  @Nullable String host;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      description =
          "The ZEO port of the server; the control service is asked at the port after it. Default: "
              + DEFAULT_ZEO_PORT
              + ".")
  @Nullable Integer port;

  @Option(
      names = {"-S", "--storage"},
      paramLabel = "NAME",
      description = "The name of the storage. Default: the server's only one.")
  @Nullable String storage;

  @Option(
      names = "--control",
      paramLabel = "HOST:PORT",
      converter = TcpAddress.class,
      description = "Where the control service is, if not at the port after the ZEO port.")
  Address.@Nullable Tcp control;

  @Option(
      names = "--output",
      paramLabel = "text|json",
      description = "Print for people or for programs. Default: text.")
  @Nullable OutputFormat output;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description =
          "How long to wait for an answer; for watch and pack, for the first one. Default: "
              + DEFAULT_TIMEOUT_SECONDS
              + ".")
  @Nullable Integer timeoutSeconds;

  /** Whether none is given. */
  boolean none() {
    return host == null
        && port == null
        && storage == null
        && control == null
        && output == null
        && timeoutSeconds == null;
  }

  /**
   * These options, the others where these are silent, and the defaults where both are.
   *
   * @throws UsageException if a value makes no sense, with a message for people
   */
  Target over(ConnectionOptions others) {
    int zeoPort = first(port, others.port, DEFAULT_ZEO_PORT);
    int seconds = first(timeoutSeconds, others.timeoutSeconds, DEFAULT_TIMEOUT_SECONDS);
    Address.Tcp explicit = control != null ? control : others.control;
    if (seconds < 1) {
      throw new UsageException("--timeout is a number of seconds from 1, not " + seconds);
    }
    if (explicit == null && (zeoPort < 1 || zeoPort > 65534)) {
      throw new UsageException(
          "-p is the ZEO port of the server, from 1 to 65534, not %d; or give --control HOST:PORT"
              .formatted(zeoPort));
    }
    if (explicit != null && explicit.port() == 0) {
      throw new UsageException("--control needs the port of the control service, not 0");
    }
    return new Target(
        explicit != null
            ? explicit
            : new Address.Tcp(first(host, others.host, DEFAULT_HOST), zeoPort + 1),
        explicit == null ? zeoPort : 0,
        first(storage, others.storage, ""),
        first(output, others.output, OutputFormat.TEXT),
        Duration.ofSeconds(seconds));
  }

  private static <T> T first(@Nullable T first, @Nullable T second, T otherwise) {
    if (first != null) {
      return first;
    }
    return second != null ? second : otherwise;
  }

  /**
   * What is asked, and how.
   *
   * @param control the address of the control service
   * @param zeoPort the ZEO port that {@code control} was derived from; 0 if it was given itself
   * @param storage empty: the server's only one
   */
  record Target(
      Address.Tcp control, int zeoPort, String storage, OutputFormat output, Duration timeout) {}
}
