package io.zeoraid.server.cli;

import io.zeoraid.config.Address;
import io.zeoraid.config.SslConfig;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * The options of all verbs that ask a running server. They may stand before or after the verb, so
 * both the program and the verb have them; the one after the verb wins.
 */
final class ConnectionOptions {
  /** Names the control service when no option does. */
  static final String ENVIRONMENT_VARIABLE = "ZEORAID_CONTROL";

  private static final String DEFAULT_HOST = "127.0.0.1";
  private static final int DEFAULT_ZEO_PORT = 8100;
  private static final int DEFAULT_TIMEOUT_SECONDS = 10;
  private static final int LAST_ZEO_PORT = ServeAddresses.LAST_PORT - ServeAddresses.CONTROL_OFFSET;

  @Option(
      names = {"-H", "--host"},
      paramLabel = "HOST",
      description = "The host of the server. Default: " + DEFAULT_HOST + ".")
  @Nullable String host;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      description =
          "The ZEO port of the server; the control service is asked at this port + 10000. Default: "
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
      description = {
        "Where the control service is, if not at the ZEO port + 10000.",
        "Default: the environment variable " + ENVIRONMENT_VARIABLE + ", unless -H or -p is given."
      })
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

  @Mixin TlsOptions tls = new TlsOptions();

  /** Whether none is given. */
  boolean none() {
    return host == null
        && port == null
        && storage == null
        && control == null
        && output == null
        && timeoutSeconds == null
        && tls.none();
  }

  /**
   * These options, the others where these are silent, and the environment and the defaults where
   * both are.
   *
   * @throws UsageException if a value makes no sense, with a message for people
   */
  Target over(ConnectionOptions others, Map<String, String> environment) {
    int zeoPort = first(port, others.port, DEFAULT_ZEO_PORT);
    int seconds = first(timeoutSeconds, others.timeoutSeconds, DEFAULT_TIMEOUT_SECONDS);
    Address.Tcp explicit = control != null ? control : others.control;
    if (explicit == null && !names() && !others.names()) {
      explicit = ofEnvironment(environment);
    }
    if (seconds < 1) {
      throw new UsageException("--timeout is a number of seconds from 1, not " + seconds);
    }
    if (explicit == null && (zeoPort < 1 || zeoPort > LAST_ZEO_PORT)) {
      throw new UsageException(
          "-p is the ZEO port of the server; the control service would be at this port + %d, so it is from 1 to %d, not %d; or give --control HOST:PORT"
              .formatted(ServeAddresses.CONTROL_OFFSET, LAST_ZEO_PORT, zeoPort));
    }
    if (explicit != null && explicit.port() == 0) {
      throw new UsageException("--control needs the port of the control service, not 0");
    }
    return new Target(
        explicit != null
            ? explicit
            : new Address.Tcp(
                first(host, others.host, DEFAULT_HOST), zeoPort + ServeAddresses.CONTROL_OFFSET),
        explicit == null ? zeoPort : 0,
        first(storage, others.storage, ""),
        first(output, others.output, OutputFormat.TEXT),
        Duration.ofSeconds(seconds),
        tls.over(others.tls, environment));
  }

  /** Whether -H or -p says which server is meant. */
  private boolean names() {
    return host != null || port != null;
  }

  private static Address.@Nullable Tcp ofEnvironment(Map<String, String> environment) {
    String text = environment.getOrDefault(ENVIRONMENT_VARIABLE, "");
    try {
      return text.isEmpty() ? null : new TcpAddress().convert(text);
    } catch (TypeConversionException e) {
      throw new UsageException(ENVIRONMENT_VARIABLE + ": " + e.getMessage());
    }
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
   * @param zeoPort the ZEO port that {@code control} was derived from; 0 if it was given itself, as
   *     an option or in the environment
   * @param storage empty: the server's only one
   * @param tls empty: without TLS
   */
  record Target(
      Address.Tcp control,
      int zeoPort,
      String storage,
      OutputFormat output,
      Duration timeout,
      Optional<SslConfig> tls) {}
}
