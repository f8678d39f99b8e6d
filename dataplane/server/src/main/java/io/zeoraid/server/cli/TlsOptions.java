package io.zeoraid.server.cli;

import io.zeoraid.config.SslConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to speak TLS with the control service. Without any of these: not at all. */
final class TlsOptions {
  private static final String VARIABLE = ConnectionOptions.ENVIRONMENT_VARIABLE;
  private static final String CERTIFICATE = VARIABLE + "_CERTIFICATE";
  private static final String KEY = VARIABLE + "_KEY";
  private static final String PASSWORD_FILE = VARIABLE + "_PASSWORD_FILE";
  private static final String AUTHORITY = VARIABLE + "_AUTHORITY";
  private static final String SERVER_HOSTNAME = VARIABLE + "_SERVER_HOSTNAME";

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = {
        "Speak TLS, and show this certificate (PEM) to the control service.",
        "Default: the environment variable " + CERTIFICATE + "."
      })
  @Nullable String certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description =
          "The key of the certificate. Default: " + KEY + ", else it is in the certificate's file.")
  @Nullable String key;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "Its first line is the key's password. Default: " + PASSWORD_FILE + ".")
  @Nullable String passwordFile;

  @Option(
      names = "--authority",
      paramLabel = "FILE",
      description =
          "The certificates (PEM) to trust, of the server or of authorities, or a directory of such files. Default: "
              + AUTHORITY
              + ".")
  @Nullable String authority;

  @Option(
      names = "--server-hostname",
      paramLabel = "HOST",
      description =
          "The host that the server's certificate must be for. Default: "
              + SERVER_HOSTNAME
              + ", else the host that is asked.")
  @Nullable String serverHostname;

  /** Whether none is given. */
  boolean none() {
    return certificate == null
        && key == null
        && passwordFile == null
        && authority == null
        && serverHostname == null;
  }

  /**
   * These options, the others where these are silent, and the environment where both are.
   *
   * @return empty: no TLS
   * @throws UsageException if something is missing
   */
  Optional<SslConfig> over(TlsOptions others, Map<String, String> environment) {
    Optional<String> shown = first(certificate, others.certificate, environment, CERTIFICATE);
    Optional<String> trusted = first(authority, others.authority, environment, AUTHORITY);
    // The key in the environment is that of the certificate there, and of no other.
    Map<String, String> ofKey =
        certificate == null && others.certificate == null ? environment : Map.of();
    Optional<String> itsKey = first(key, others.key, ofKey, KEY);
    Optional<String> password = first(passwordFile, others.passwordFile, ofKey, PASSWORD_FILE);
    Optional<String> name =
        first(serverHostname, others.serverHostname, environment, SERVER_HOSTNAME);
    if (shown.isPresent() && trusted.isPresent()) {
      return Optional.of(
          new SslConfig(
              Path.of(shown.get()),
              itsKey.map(Path::of),
              password.map(Path::of),
              trusted,
              true,
              name));
    }
    if (shown.isPresent() || trusted.isPresent() || !none() || !others.none()) {
      throw new UsageException(
          "TLS with the control service needs both --certificate (or %s), which the server asks for, and --authority (or %s), by which the server is known"
              .formatted(CERTIFICATE, AUTHORITY));
    }
    return Optional.empty();
  }

  /** An empty variable is as good as none. */
  private static Optional<String> first(
      @Nullable String first,
      @Nullable String second,
      Map<String, String> environment,
      String variable) {
    if (first != null || second != null) {
      return Optional.ofNullable(first != null ? first : second);
    }
    return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isEmpty());
  }
}
